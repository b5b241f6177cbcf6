import type { Batch, Count } from '../../events/batch.ts'
import type { Series } from '../../events/series.ts'
import { durationBuckets } from '../../events/vocabulary.ts'
import type { AuthEvent } from '../auth-event.ts'

interface Sum {
  readonly series: Series
  count: number
  buckets: number[]
  seconds: number
}

/**
 * Events, added up by what they are called. As many entries as there are names, however many events there are: so
 * what cannot be sent now is kept without loss and without growing.
 */
export interface Tally {
  add(event: AuthEvent): void
  /** Makes a series known before its first event. */
  announce(series: Series): void
  readonly isEmpty: boolean
  /** What was added since the last call. */
  take(): Batch['counts']
}

export function createTally(): Tally {
  let sums = new Map<string, Sum>()
  const sumOf = (series: Series): Sum => {
    const key = `${series.operation} ${series.outcome} ${series.reason}`
    const found = sums.get(key)
    if (found !== undefined) return found
    const sum: Sum = { series, count: 0, buckets: [], seconds: 0 }
    sums.set(key, sum)
    return sum
  }
  return {
    add({ operation, outcome, reason, seconds }) {
      const sum = sumOf({ operation, outcome, reason })
      sum.count += 1
      if (seconds === undefined) return
      if (sum.buckets.length === 0) sum.buckets = new Array<number>(durationBuckets.length + 1).fill(0)
      const bucket = bucketOf(seconds)
      sum.buckets[bucket] = (sum.buckets[bucket] ?? 0) + 1
      sum.seconds += seconds
    },
    announce: (series) => void sumOf(series),
    get isEmpty() {
      return sums.size === 0
    },
    take() {
      const taken = [...sums.values()].map(toCount)
      sums = new Map()
      return taken
    },
  }
}

/** The first bucket whose bound is not below it; one past the last when all are. */
export function bucketOf(seconds: number): number {
  const found = durationBuckets.findIndex((bound) => seconds <= bound)
  return found === -1 ? durationBuckets.length : found
}

function toCount({ series, count, buckets, seconds }: Sum): Count {
  const { operation, outcome, reason } = series
  return { operation, outcome, reason, count, buckets, sum: seconds }
}
