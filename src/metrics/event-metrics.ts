import type { EventTotals } from '../events/event-totals.ts'
import { type Series, seriesOf } from '../events/series.ts'
import { commonOperations, durationBuckets } from '../events/vocabulary.ts'
import { MINUTE_MS } from '../events/worker-sketches.ts'
import { distinctKinds } from '../results/event-store.ts'
import type { Labels, MetricFamily, MetricSample } from './metric-family.ts'

export interface EventMetricsOptions {
  readonly totals: Pick<EventTotals, 'known' | 'servers' | 'counts' | 'durations' | 'distinct'>
  /** Servers whose series are there before their first event. */
  readonly servers: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * What real users met, over all workers: every worker exports the same. Each series of the vocabulary starts at 0 on
 * each server, so that rules see the first failure of a kind; but a worker that could not read the totals yet shows none,
 * since 0 would look as if all of them came at once afterwards. Names and labels are those that `authwatch/better-auth`
 * gives in an application's own registry.
 */
export function eventMetrics({ totals, servers, now }: EventMetricsOptions): {
  readonly families: readonly MetricFamily[]
  readonly validUntil: number
} {
  if (!totals.known()) return { families: [], validUntil: Number.POSITIVE_INFINITY }
  const all = [...new Set([...servers, ...totals.servers().keys()])].sort()
  const distinct = distinctKinds.map((kind) => ({
    name: `authwatch_auth_distinct_${kind}`,
    help: `Distinct ${kind} of sign-in, sign-up and reset attempts in the window: an estimate, mostly within 3 %.`,
    type: 'gauge' as const,
    samples: [{ labels: { window: '5m' }, value: Math.round(totals.distinct(kind, now)) }],
  }))
  // Minutes leave the window though nothing happens.
  const validUntil = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS - 1
  // In the order of importance: if there are too many series, the last ones are left out.
  return {
    families: [eventsTotal(all, totals), dropped(all, totals), ...distinct, durations(all, totals)],
    validUntil,
  }
}

type Totals = EventMetricsOptions['totals']

const commonSeries = (): readonly Series[] => commonOperations.flatMap(seriesOf)

/** What happened comes first: if there are too many series, those of what never happened are left out. */
function eventsTotal(servers: readonly string[], totals: Totals): MetricFamily {
  const series = commonSeries()
  const zeros = servers.flatMap((server) => series.map((labels) => toSample({ server, ...labels }, 0)))
  const counted = totals
    .counts()
    .map(({ server, operation, outcome, reason, count }) =>
      toSample({ server, operation, outcome, reason }, count),
    )
  return {
    name: 'authwatch_auth_events_total',
    help: 'Authentication events, by operation, outcome and reason.',
    type: 'counter',
    samples: firstOfEach([...counted, ...zeros]),
  }
}

const toSample = (labels: Labels, value: number): MetricSample => ({ labels, value })

function firstOfEach(samples: readonly MetricSample[]): readonly MetricSample[] {
  const seen = new Map<string, MetricSample>()
  for (const sample of samples) {
    const key = Object.values(sample.labels).join(' ')
    if (!seen.has(key)) seen.set(key, sample)
  }
  return [...seen.values()].toSorted((a, b) => Number(b.value > 0) - Number(a.value > 0))
}

function dropped(servers: readonly string[], totals: Totals): MetricFamily {
  const known = totals.servers()
  return {
    name: 'authwatch_auth_events_dropped_total',
    help: 'Authentication events that a server counted and had to give up: they are in no other metric.',
    type: 'counter',
    samples: servers.map((server) => toSample({ server }, known.get(server) ?? 0)),
  }
}

function durations(servers: readonly string[], totals: Totals): MetricFamily {
  const known = new Map(totals.durations().map((each) => [durationKey(each), each]))
  const empty = { buckets: durationBuckets.map(() => 0).concat(0), sum: 0 }
  for (const server of servers) {
    for (const { operation, outcome } of commonSeries()) {
      const key = durationKey({ server, operation, outcome })
      if (!known.has(key)) known.set(key, { server, operation, outcome, ...empty })
    }
  }
  const samples = [...known.values()].flatMap(({ server, operation, outcome, buckets, sum }) =>
    histogram({ server, operation, outcome }, { buckets, sum }),
  )
  const help = 'Time that authentication took, by operation and outcome.'
  return { name: 'authwatch_auth_duration_seconds', help, type: 'histogram', samples }
}

const durationKey = (labels: {
  readonly server: string
  readonly operation: string
  readonly outcome: string
}): string => `${labels.server} ${labels.operation} ${labels.outcome}`

function histogram(
  labels: Labels,
  { buckets, sum }: { readonly buckets: readonly number[]; readonly sum: number },
): readonly MetricSample[] {
  let below = 0
  const bounded = durationBuckets.map((bound, place): MetricSample => {
    below += buckets[place] ?? 0
    return { suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: below }
  })
  const count = buckets.reduce((all, events) => all + events, 0)
  return [
    ...bounded,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ]
}
