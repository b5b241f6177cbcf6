import { expect, test } from 'vitest'
import { phaseOf, tickAt, ticksAround } from '../../src/schedule/tick.ts'

test('a tick is the latest multiple of the interval, moved by the phase', () => {
  expect(tickAt({ now: 125_000, interval: 60_000, phase: 0 })).toBe(120_000)
  expect(tickAt({ now: 120_000, interval: 60_000, phase: 0 })).toBe(120_000)
  expect(tickAt({ now: 119_999, interval: 60_000, phase: 0 })).toBe(60_000)
  expect(tickAt({ now: 125_000, interval: 60_000, phase: 7_000 })).toBe(67_000)
  expect(tickAt({ now: 127_000, interval: 60_000, phase: 7_000 })).toBe(127_000)
})

test('phases are whole seconds within the interval, and spread a thousand targets evenly', () => {
  const phases = Array.from({ length: 1_000 }, (_, i) => phaseOf(`target-${i}`, 60_000))
  for (const phase of phases) {
    expect(phase % 1000).toBe(0)
    expect(phase).toBeGreaterThanOrEqual(0)
    expect(phase).toBeLessThan(60_000)
  }
  const busiest = Math.max(
    ...Array.from({ length: 60 }, (_, s) => phases.filter((phase) => phase === s * 1000).length),
  )
  // An even spread gives 17 a second; with a thousand hashed names no second gets three times that.
  expect(busiest).toBeLessThan(51)
})

test('what failed has a tick every five minutes between its own, and what is run more often has no more than before', () => {
  const at = (minutes: number, isUnwell: boolean, every: '12m' | '2m' = '12m') => {
    const { tick, next } = ticksAround({
      every,
      target: 'a',
      targets: ['a'],
      now: minutes * 60_000,
      isUnwell,
    })
    return [tick / 60_000, next / 60_000]
  }
  expect(at(31, false)).toEqual([24, 36])
  expect(at(24, true)).toEqual([24, 29])
  expect(at(31, true)).toEqual([29, 34])
  // The last of them does not put off the interval's own.
  expect(at(35, true)).toEqual([34, 36])
  expect(at(36, true)).toEqual([36, 41])
  expect(at(31, true, '2m')).toEqual(at(31, false, '2m'))
})
