import { type Series, seriesOf } from '../../events/series.ts'
import { durationBuckets, type Operation } from '../../events/vocabulary.ts'
import type { EventSink } from '../auth-event.ts'
import {
  type Entry,
  type Labels,
  type MetricDefinition,
  openRegistryMetric,
  type RegistryLike,
  type Sample,
} from './registry-metric.ts'
import { bucketOf } from './tally.ts'

interface Total {
  count: number
}

interface Durations {
  /** Not cumulative. */
  readonly buckets: number[]
  sum: number
}

const events: MetricDefinition<Total> = {
  name: 'authwatch_auth_events_total',
  help: 'Authentication events, by what was tried, how it ended, and why.',
  type: 'counter',
  zero: () => ({ count: 0 }),
  samples: (labels, { count }) => [{ labels, value: count }],
}

const durations: MetricDefinition<Durations> = {
  name: 'authwatch_auth_duration_seconds',
  help: 'How long authentication took, by what was tried and how it ended.',
  type: 'histogram',
  zero: () => ({ buckets: new Array<number>(durationBuckets.length + 1).fill(0), sum: 0 }),
  samples: histogramSamples,
}

const dropped: MetricDefinition<Total> = {
  name: 'authwatch_auth_events_dropped_total',
  help: 'Authentication events that were counted and then given up.',
  type: 'counter',
  zero: () => ({ count: 0 }),
  samples: (labels, { count }) => [{ labels, value: count }],
}

/** Where an event of one name is counted. */
interface Place {
  readonly total: Entry<Total>
  readonly duration: Entry<Durations>
}

export interface RegistrySinkOptions {
  readonly server: string
  /** Those whose series are at 0 from the start. */
  readonly operations: readonly Operation[]
}

/** Counts into the application's own registry. Distinct values are not told here: each server sees only its own. */
export function createRegistrySink(registry: RegistryLike, options: RegistrySinkOptions): EventSink {
  const { server, operations } = options
  const total = openRegistryMetric(registry, events)
  const duration = openRegistryMetric(registry, durations)
  openRegistryMetric(registry, dropped).entryOf({ server })
  const places = new Map<string, Place>()
  const placeOf = ({ operation, outcome, reason }: Series): Place => {
    const key = `${operation} ${outcome} ${reason}`
    const found = places.get(key)
    if (found !== undefined) return found
    const place = {
      total: total.entryOf({ server, operation, outcome, reason }),
      duration: duration.entryOf({ server, operation, outcome }),
    }
    places.set(key, place)
    return place
  }
  operations.flatMap(seriesOf).forEach(placeOf)
  return {
    count(event) {
      const place = placeOf(event)
      place.total.value.count += 1
      if (event.seconds === undefined) return
      const { value } = place.duration
      const bucket = bucketOf(event.seconds)
      value.buckets[bucket] = (value.buckets[bucket] ?? 0) + 1
      value.sum += event.seconds
    },
  }
}

function histogramSamples(labels: Labels, { buckets, sum }: Durations): readonly Sample[] {
  let count = 0
  const name = durations.name
  const samples = buckets.map((inBucket, index): Sample => {
    count += inBucket
    const le = String(durationBuckets[index] ?? '+Inf')
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` }
  })
  return [
    ...samples,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}
