import { expect, test } from 'vitest'
import { phaseOf, tickAt } from '../../src/schedule/tick.ts'

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
