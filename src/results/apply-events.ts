import type { EventCommit } from './event-store.ts'
import { Prisma, type PrismaClient } from './generated/client.ts'
import { toJson } from './to-sql.ts'

const { sql } = Prisma

/**
 * Adds what was not added before and gives its sources. One statement, so that it is one round trip and everything or
 * nothing. A source's row decides: of two workers that are handed one batch, the second waits for the first and then
 * finds it counted. Rows are written in the order of their keys, so that no two workers wait for each other.
 */
export async function applyEvents(db: PrismaClient, commit: EventCommit): Promise<readonly string[]> {
  if (commit.batches.length === 0) return []
  const rows = await db.$queryRaw<{ readonly source: string }[]>`
    with ${freshSources(commit)},
         ${addDropped},
         ${addCounts(commit)},
         ${addDurations(commit)},
         ${keepWindows(commit)}
    select source::text from fresh`
  return rows.map(({ source }) => source)
}

const REVISION = sql`pg_current_xact_id()::text::bigint`
/** Sorted by bytes: any order will do if it is always the same, and a language's own costs several times as much. */
const NAME = sql`text collate "C"`

function freshSources({ batches }: EventCommit): Prisma.Sql {
  const heads = batches.map(({ counts: _c, durations: _d, ...head }) => head)
  return sql`batch as (
      select * from jsonb_to_recordset(${toJson(heads)}::jsonb) as b (
        source uuid, server text, epoch bigint, sequence bigint, dropped bigint)
    ), fresh as (
      insert into ingest_source as s (source, server, epoch, sequence, seen_at)
      select source, server, epoch, sequence, clock_timestamp() from batch order by source
      on conflict (source) do update set sequence = excluded.sequence, seen_at = excluded.seen_at
      where s.sequence < excluded.sequence
      returning s.source
    )`
}

const addDropped = sql`told as (
      insert into auth_event_server as t (server, dropped, seen_at, revision)
      select server, sum(dropped), clock_timestamp(), ${REVISION}
      from batch join fresh using (source)
      group by server
      order by server
      on conflict (server) do update set
        dropped = t.dropped + excluded.dropped, seen_at = excluded.seen_at, revision = excluded.revision
    )`

function addCounts({ batches }: EventCommit): Prisma.Sql {
  const rows = batches.flatMap(({ source, server, counts }) =>
    counts.map((each) => ({ source, server, ...each })),
  )
  return sql`counted as (
      insert into auth_event_counter as t (server, operation, outcome, reason, count, revision)
      select server, operation, outcome, reason, sum(c.count), ${REVISION}
      from jsonb_to_recordset(${toJson(rows)}::jsonb) as c (
        source uuid, server ${NAME}, operation ${NAME}, outcome ${NAME}, reason ${NAME}, count bigint)
      join fresh using (source)
      group by server, operation, outcome, reason
      order by server, operation, outcome, reason
      on conflict (server, operation, outcome, reason) do update set
        count = t.count + excluded.count, revision = excluded.revision
    )`
}

/** A bucket that only one side has is kept, so that no event is lost when versions with more buckets come. */
function addDurations({ batches }: EventCommit): Prisma.Sql {
  const rows = batches.flatMap(({ source, server, durations }) =>
    durations.map((each) => ({ source, server, ...each })),
  )
  const buckets = rows.reduce((most, each) => Math.max(most, each.buckets.length), 1)
  const sums = Array.from({ length: buckets }, (_, i) =>
    Prisma.raw(`coalesce(sum(buckets[${i + 1}]), 0)::bigint`),
  )
  return sql`timed as (
      insert into auth_event_duration as t (server, operation, outcome, buckets, sum, revision)
      select server, operation, outcome, array[${Prisma.join(sums)}], sum(d.sum), ${REVISION}
      from jsonb_to_recordset(${toJson(rows)}::jsonb) as d (
        source uuid, server ${NAME}, operation ${NAME}, outcome ${NAME}, buckets bigint[], sum float8)
      join fresh using (source)
      group by server, operation, outcome
      order by server, operation, outcome
      on conflict (server, operation, outcome) do update set
        buckets = (
          select array_agg(coalesce(known, 0) + coalesce(added, 0) order by bound)
          from rows from (unnest(t.buckets), unnest(excluded.buckets)) with ordinality as u (known, added, bound)),
        sum = t.sum + excluded.sum,
        revision = excluded.revision
    )`
}

function keepWindows({ windows }: EventCommit): Prisma.Sql {
  const rows = windows.map(({ kind, start, worker, registers }) => ({
    ...{ kind, worker, start: new Date(start) },
    registers: Buffer.from(registers).toString('base64'),
  }))
  return sql`kept as (
      insert into auth_event_distinct (window_start, kind, worker, registers, revision)
      select start, kind, worker, decode(registers, 'base64'), ${REVISION}
      from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (
        start timestamptz, kind text, worker text, registers text)
      order by start, kind, worker
      on conflict (window_start, kind, worker) do update set
        registers = excluded.registers, revision = excluded.revision
    )`
}
