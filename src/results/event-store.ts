import { applyEvents } from './apply-events.ts'
import type { PrismaClient } from './generated/client.ts'
import { type EventChanges, eventChanges } from './read-events.ts'
import { type TidiedEvents, tidyEvents } from './tidy-events.ts'

/** What tells the counts of one server apart. */
export interface EventLabels {
  readonly operation: string
  readonly outcome: string
  readonly reason: string
}

/** What one batch adds. Everything in it was validated: the tables only refuse what would break them. */
export interface EventBatch {
  /** UUID of the life of the process that sent it. */
  readonly source: string
  readonly server: string
  /** Milliseconds since the epoch when that life began. */
  readonly epoch: number
  /** Rises with each batch of the source; one that is not above the last one counted was counted already. */
  readonly sequence: number
  readonly dropped: number
  readonly counts: readonly (EventLabels & { readonly count: number })[]
  /** Events by bucket, not cumulative; seconds. */
  readonly durations: readonly (Omit<EventLabels, 'reason'> & {
    readonly buckets: readonly number[]
    readonly sum: number
  })[]
}

export const distinctKinds = ['accounts', 'sources'] as const
export type DistinctKind = (typeof distinctKinds)[number]

/** HyperLogLog registers of one minute as far as one worker was told: the whole of it, not what is new. */
export interface DistinctWindow {
  readonly kind: DistinctKind
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly worker: string
  readonly registers: Uint8Array
}

export interface EventCommit {
  /** At most one of each source: which of two came first could not be told. */
  readonly batches: readonly EventBatch[]
  readonly windows: readonly DistinctWindow[]
}

/** The counters of authentication events that all workers share. As `StateStore`: in time, and only StateError. */
export interface EventStore {
  /**
   * Adds the batches that were not added before, all in one transaction, and gives their sources. A call that failed
   * may be repeated, also by another worker: nothing is ever added twice.
   */
  apply(commit: EventCommit): Promise<readonly string[]>
  /** Takes a server in unless that makes more than `limit`. Gives whether it is known now. */
  admit(server: string, limit: number): Promise<boolean>
  /** What changed since the call that gave this revision; `0n` asks for everything. As `StateStore.changesSince`. */
  changesSince(revision: bigint): Promise<EventChanges>
  /** Forgets minutes, sources and servers that are long gone; a bounded number at a time. */
  tidy(): Promise<TidiedEvents>
}

/** @param call what every call to the database goes through: its deadline and its errors */
export function eventStore(db: PrismaClient, call: <T>(work: Promise<T>) => Promise<T>): EventStore {
  return {
    apply: (commit) => call(applyEvents(db, commit)),
    admit: (server, limit) => call(admitServer(db, { server, limit })),
    changesSince: (revision) => call(eventChanges(db, revision)),
    tidy: () => call(tidyEvents(db)),
  }
}

async function admitServer(
  db: PrismaClient,
  { server, limit }: { readonly server: string; readonly limit: number },
): Promise<boolean> {
  await db.$executeRaw`
    insert into auth_event_server (server, dropped, seen_at, revision)
    select ${server}, 0, clock_timestamp(), pg_current_xact_id()::text::bigint
    where (select count(*) from auth_event_server) < ${limit}
    on conflict do nothing`
  const [row] = await db.$queryRaw<{ readonly known: boolean }[]>`
    select exists (select from auth_event_server where server = ${server}) as known`
  return row?.known === true
}
