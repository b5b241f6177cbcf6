import { expect, test } from 'vitest'
import { sharedClock } from '../../src/schedule/shared-clock.ts'

test('keeps the time of the state database when this machine steps its own', () => {
  let wall = 1_000_000
  let monotonic = 0
  const clock = sharedClock({ wall: () => wall, monotonic: () => monotonic })
  expect(clock.now()).toBe(1_000_000)
  expect(clock.offsetSeconds()).toBe(0)

  clock.sync(1_005_000)
  expect(clock.now()).toBe(1_005_000)
  expect(clock.offsetSeconds()).toBe(-5)

  monotonic += 10_000
  wall = 5_000_000 // the machine's clock jumps ahead by more than an hour
  expect(clock.now()).toBe(1_015_000)
  expect(clock.offsetSeconds()).toBe(3985)
})
