import { expect, test } from 'vitest'
import { nextRunAt } from '../../src/schedule/next-run.ts'
import { phaseOf } from '../../src/schedule/tick.ts'

const MINUTE = 60_000
const now = 1_000 * MINUTE + 12_000
const begunAt = now - 10 * MINUTE

test('the next run is the next tick: on the minute of one target, at the phase of each of several', () => {
  const unit = { every: '5m' } as const
  expect(nextRunAt({ unit, target: 'a', targets: ['a'], now, begunAt, isUnwell: false })).toBe(1_005 * MINUTE)
  const phase = phaseOf('b', 5 * MINUTE)
  const next = nextRunAt({ unit, target: 'b', targets: ['a', 'b'], now, begunAt, isUnwell: false })
  expect((next - phase) % (5 * MINUTE)).toBe(0)
  expect(next).toBeGreaterThan(now)
  expect(next).toBeLessThanOrEqual(now + 5 * MINUTE)
})

test('what failed is next looked at within five minutes', () => {
  const unit = { every: '6h' } as const
  const next = (isUnwell: boolean) =>
    nextRunAt({ unit, target: 'a', targets: ['a'], now, begunAt, isUnwell }) / MINUTE
  // 720 and 1080 are the multiples of six hours around it.
  expect(next(false)).toBe(1_080)
  expect(next(true)).toBe(1_005)
})

test('a unit that starts late is due when it may start', () => {
  const unit = { every: '1m', startsAfter: '11m' } as const
  expect(nextRunAt({ unit, target: 'a', targets: ['a'], now, begunAt, isUnwell: false })).toBe(
    begunAt + 11 * MINUTE,
  )
})
