import { STATE_METRIC } from './check-metrics.ts'
import { type MetricFamily, metricKey } from './metric-family.ts'

export const DEFAULT_SERIES_LIMIT = 20_000

export interface CappedFamilies {
  readonly families: readonly MetricFamily[]
  readonly series: number
  readonly dropped: number
}

/**
 * Keeps the first `limit` series and drops every later one, so that the same input always loses the same. The states
 * of checks are never dropped, even when they alone are too many. A histogram is kept or dropped whole.
 */
export function capSeries(options: { families: readonly MetricFamily[]; limit: number }): CappedFamilies {
  const { families, limit } = options
  const before = countSeries(families)
  if (before <= limit) return { families, series: before, dropped: 0 }
  let room = limit - countSeries(families.filter(isProtected))
  const kept = families.map((family) => {
    if (isProtected(family)) return family
    const samples = firstSeries(family, room)
    room = samples.length < family.samples.length ? 0 : room - samples.length
    return { ...family, samples }
  })
  const series = countSeries(kept)
  return { families: kept, series, dropped: before - series }
}

function isProtected({ name }: MetricFamily): boolean {
  return name === STATE_METRIC
}

function countSeries(families: readonly MetricFamily[]): number {
  return families.reduce((sum, { samples }) => sum + samples.length, 0)
}

function firstSeries({ type, samples }: MetricFamily, room: number): MetricFamily['samples'] {
  const fitting = Math.max(room, 0)
  if (type !== 'histogram' || samples.length <= fitting) return samples.slice(0, fitting)
  const incomplete = new Set(samples.slice(fitting).map(metricKey))
  return samples.slice(0, fitting).filter((sample) => !incomplete.has(metricKey(sample)))
}
