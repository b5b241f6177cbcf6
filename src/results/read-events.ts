import type { DistinctKind, EventLabels } from './event-store.ts'
import type { PrismaClient } from './generated/client.ts'

const PAGE = 5_000
/** Minutes of distinct accounts and sources that anybody still asks about. */
const WINDOWS = '15 minutes'
const MAX_WINDOWS = 2_000

export interface ServerTotal {
  readonly server: string
  readonly dropped: number
}
export interface EventTotal extends EventLabels {
  readonly server: string
  readonly count: number
}
export interface DurationTotal extends Omit<EventLabels, 'reason'> {
  readonly server: string
  /** Events by bucket, not cumulative. */
  readonly buckets: readonly number[]
  /** Seconds. */
  readonly sum: number
}
export interface StoredWindow {
  readonly kind: DistinctKind
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly worker: string
  readonly registers: Uint8Array
}

/** Totals ever, of what changed. */
export interface EventChanges {
  readonly revision: bigint
  readonly servers: readonly ServerTotal[]
  readonly counts: readonly EventTotal[]
  readonly durations: readonly DurationTotal[]
  readonly windows: readonly StoredWindow[]
}

/** Revisions are those of `readChanges`, and for its reasons. Totals are exact up to 2^53. */
export async function eventChanges(db: PrismaClient, since: bigint): Promise<EventChanges> {
  const [now] = await db.$queryRaw<{ readonly revision: bigint }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as revision`
  const revision = now?.revision ?? 0n
  // Ids that run backwards: the database was restored into another server, where they mean nothing.
  const from = revision < since ? 0n : since
  const servers = await everyPage((after: ServerTotal | undefined) => readServers(db, { from, after }))
  // Whatever changes anything changes the row of its server too.
  if (servers.length === 0) return { revision, servers, counts: [], durations: [], windows: [] }
  return {
    ...{ revision, servers },
    counts: await everyPage((after: EventTotal | undefined) => readCounts(db, { from, after })),
    durations: await everyPage((after: DurationTotal | undefined) => readDurations(db, { from, after })),
    windows: await readWindows(db, from),
  }
}

async function everyPage<Row>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (;;) {
    const page = await read(rows.at(-1))
    rows.push(...page)
    if (page.length < PAGE) return rows
  }
}

interface Place<Row> {
  readonly from: bigint
  /** The last of the page before. */
  readonly after: Row | undefined
}

function readServers(db: PrismaClient, { from, after }: Place<ServerTotal>): Promise<ServerTotal[]> {
  return db.$queryRaw<ServerTotal[]>`
    select server, dropped::float8 as dropped
    from auth_event_server
    where revision >= ${from} and server > ${after?.server ?? ''}
    order by server
    limit ${PAGE}`
}

function readCounts(db: PrismaClient, { from, after }: Place<EventTotal>): Promise<EventTotal[]> {
  const { server = '', operation = '', outcome = '', reason = '' } = after ?? {}
  return db.$queryRaw<EventTotal[]>`
    select server, operation, outcome, reason, count::float8 as count
    from auth_event_counter
    where revision >= ${from}
      and (server, operation, outcome, reason) > (${server}, ${operation}, ${outcome}, ${reason})
    order by server, operation, outcome, reason
    limit ${PAGE}`
}

function readDurations(db: PrismaClient, { from, after }: Place<DurationTotal>): Promise<DurationTotal[]> {
  const { server = '', operation = '', outcome = '' } = after ?? {}
  return db.$queryRaw<DurationTotal[]>`
    select server, operation, outcome, buckets::float8[] as buckets, sum
    from auth_event_duration
    where revision >= ${from} and (server, operation, outcome) > (${server}, ${operation}, ${outcome})
    order by server, operation, outcome
    limit ${PAGE}`
}

function readWindows(db: PrismaClient, from: bigint): Promise<StoredWindow[]> {
  return db.$queryRaw<StoredWindow[]>`
    select kind, (extract(epoch from window_start) * 1000)::float8 as start, worker, registers
    from auth_event_distinct
    where revision >= ${from} and window_start > clock_timestamp() - ${WINDOWS}::interval
    order by window_start desc, kind, worker
    limit ${MAX_WINDOWS}`
}
