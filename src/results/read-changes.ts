import type { PrismaClient } from './generated/client.ts'
import type { StoredResult } from './stored-result.ts'
import { type ResultRow, toStoredResult } from './stored-row.ts'

const PAGE = 2_000

/**
 * A row's revision is the id of the transaction that wrote it. Transactions end in any order, so what is remembered is
 * not the newest id seen but the oldest that was still running: everything before it had ended, and was seen.
 */
export async function readChanges(db: PrismaClient, since: bigint) {
  const [now] = await db.$queryRaw<{ readonly revision: bigint }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as revision`
  const revision = now?.revision ?? 0n
  // Ids that run backwards: the database was restored into another server, where they mean nothing.
  const from = revision < since ? 0n : since
  const results: StoredResult[] = []
  for (;;) {
    const page = await readPage(db, { from, after: results.at(-1) })
    results.push(...page.map(toStoredResult))
    if (page.length < PAGE) return { revision, results }
  }
}

interface Place {
  readonly from: bigint
  /** The last of the page before. */
  readonly after: StoredResult | undefined
}

function readPage(db: PrismaClient, { from, after }: Place): Promise<ResultRow[]> {
  return db.$queryRaw<ResultRow[]>`
    select r.target, r.check_id, r.state, r.severity, r.summary, r.code, r.message, r.reason, r."values",
           (extract(epoch from r.started_at) * 1000)::float8 as started_at,
           r.duration_ms,
           (extract(epoch from r.state_since) * 1000)::float8 as state_since,
           (extract(epoch from r.last_success_at) * 1000)::float8 as last_success_at,
           (select jsonb_object_agg(t.outcome, t.runs)
            from check_run_total as t
            where t.target = r.target and t.check_id = r.check_id) as runs,
           case when r.state = 'fail' then (
             select jsonb_agg(jsonb_build_object(
               'key', f.key, 'detail', f.detail, 'reopened', f.reopened,
               'first_seen', extract(epoch from f.first_seen) * 1000,
               'last_seen', extract(epoch from f.last_seen) * 1000) order by f.key)
             from finding as f
             where f.target = r.target and f.check_id = r.check_id and f.last_seen = r.started_at and not f.waived
           ) end as findings
    from check_result as r
    where r.revision >= ${from} and (r.target, r.check_id) > (${after?.target ?? ''}, ${after?.check ?? ''})
    order by r.target, r.check_id
    limit ${PAGE}`
}
