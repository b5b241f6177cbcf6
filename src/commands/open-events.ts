import type { Config } from '../config/load.ts'
import { type EventTotals, eventTotals } from '../events/event-totals.ts'
import { createIngest } from '../events/ingest.ts'
import { ingestTokens } from '../events/ingest-tokens.ts'
import type { HttpAppDependencies } from '../http/create-http-app.ts'
import { eventMetrics } from '../metrics/event-metrics.ts'
import type { SharedMetrics } from '../metrics/prepared-metrics.ts'
import type { StateStore } from '../results/state-store.ts'

/** What applications report: how it comes in, and what it came to. */
export interface Events {
  readonly route: NonNullable<HttpAppDependencies['ingest']>
  readonly totals: EventTotals
  readonly metrics: SharedMetrics
}

export function openEvents(options: {
  readonly config: Pick<Config, 'ingestTokens' | 'fleet'>
  readonly store: Pick<StateStore, 'events'>
  readonly worker: string
  /** Milliseconds since the epoch, on the clock that the workers share. */
  readonly now: () => number
}): Events {
  const { config, worker, now } = options
  const store = options.store.events
  const servers = config.fleet.servers.map(({ name }) => name)
  const tokens = ingestTokens(config.ingestTokens)
  const totals = eventTotals({ store, now })
  return {
    route: { tokens, ingest: createIngest({ store, worker, servers, now }) },
    totals,
    // Series at 0 where nobody can report would claim that nothing happened.
    metrics: (now) => eventMetrics({ totals, servers: tokens.configured ? servers : [], now }),
  }
}
