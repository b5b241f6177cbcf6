import { expect, test } from 'vitest'
import type { MetricFamily } from '../../src/metrics/metric-family.ts'
import { capSeries } from '../../src/metrics/series-cap.ts'

function family(name: string, count: number): MetricFamily {
  const samples = Array.from({ length: count }, (_, index) => ({
    labels: { n: String(index) },
    value: index,
  }))
  return { name, help: 'Test.', type: 'gauge', samples }
}

function histogram(name: string, steps: readonly string[]): MetricFamily {
  const samples = steps.flatMap((step) => [
    { suffix: '_bucket' as const, labels: { step, le: '+Inf' }, value: 1 },
    { suffix: '_sum' as const, labels: { step }, value: 1 },
    { suffix: '_count' as const, labels: { step }, value: 1 },
  ])
  return { name, help: 'Test.', type: 'histogram', samples }
}

const counts = (families: readonly MetricFamily[]) => families.map(({ samples }) => samples.length)

test('nothing is dropped up to the limit', () => {
  const families = [family('a', 3), family('b', 2)]
  expect(capSeries({ families, limit: 5 })).toEqual({ families, series: 5, dropped: 0 })
})

test('beyond the limit the later series go first, and everything after the first that is dropped', () => {
  const families = [family('a', 3), family('b', 3), family('c', 1)]
  const capped = capSeries({ families, limit: 4 })
  expect(counts(capped.families)).toEqual([3, 1, 0])
  expect(capped.families[1]?.samples[0]).toEqual({ labels: { n: '0' }, value: 0 })
  expect(capped).toMatchObject({ series: 4, dropped: 3 })
})

test('the states of checks stay, wherever they stand and even when they alone are too many', () => {
  const families = [family('a', 3), family('authwatch_check_state', 4)]
  expect(counts(capSeries({ families, limit: 5 }).families)).toEqual([1, 4])
  expect(capSeries({ families, limit: 2 })).toMatchObject({ series: 4, dropped: 3 })
})

test('a histogram is dropped whole, so that its buckets never lie', () => {
  const families = [histogram('h', ['a', 'b', 'c'])]
  const capped = capSeries({ families, limit: 5 })
  expect(capped.families[0]?.samples.map(({ labels }) => labels.step)).toEqual(['a', 'a', 'a'])
  expect(capped).toMatchObject({ series: 3, dropped: 6 })
})
