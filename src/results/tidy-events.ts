import type { PrismaClient } from './generated/client.ts'

const WINDOWS_KEPT = '1 hour'
/** A source that is silent for so long will not send its last batch again. */
const SOURCES_KEPT = '30 days'
/** Its counters were constant all the while; should it come back it begins at 0, as a new one does. */
const SERVERS_KEPT = '30 days'
/** Rows that one tidying deletes at most. */
const MAX_ROWS = 5_000
const MAX_SERVERS = 20

/** Rows that were deleted. */
export interface TidiedEvents {
  readonly windows: number
  readonly sources: number
  readonly servers: number
}

/** Each statement by itself; what another worker holds at the moment is left for the next time. */
export async function tidyEvents(db: PrismaClient): Promise<TidiedEvents> {
  const windows = await db.$executeRaw`
    delete from auth_event_distinct where (window_start, kind, worker) in (
      select window_start, kind, worker from auth_event_distinct
      where window_start < clock_timestamp() - ${WINDOWS_KEPT}::interval
      order by window_start, kind, worker
      limit ${MAX_ROWS}
      for update skip locked)`
  const sources = await db.$executeRaw`
    delete from ingest_source where source in (
      select source from ingest_source
      where seen_at < clock_timestamp() - ${SOURCES_KEPT}::interval
      order by source
      limit ${MAX_ROWS}
      for update skip locked)`
  return { windows, sources, servers: await forgetServers(db) }
}

function forgetServers(db: PrismaClient): Promise<number> {
  return db.$executeRaw`
    with silent as (
      select server from auth_event_server
      where seen_at < clock_timestamp() - ${SERVERS_KEPT}::interval
      order by server
      limit ${MAX_SERVERS}
      for update skip locked
    ), counts as (
      delete from auth_event_counter where server in (select server from silent)
    ), durations as (
      delete from auth_event_duration where server in (select server from silent)
    )
    delete from auth_event_server where server in (select server from silent)`
}
