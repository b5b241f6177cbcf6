import type { Result } from '../catalogue/result.ts'
import type { Prisma } from './generated/client.ts'
import { toJson } from './to-sql.ts'

/** Keys are part of an index, whose rows have a limit of 2,704 bytes. */
const MAX_KEY = 500

/** Begins, continues or reopens the life of each offender in the samples. */
export async function storeFindings(db: Prisma.TransactionClient, results: readonly Result[]): Promise<void> {
  const rows = results.flatMap(findingRows)
  if (rows.length === 0) return
  await db.$executeRaw`
    insert into finding as f (target, check_id, key, detail, first_seen, last_seen, waived)
    select target, check_id, key, detail, seen, seen, waived
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (
      target text, check_id text, key text, detail jsonb, seen timestamptz, waived boolean)
    order by target, check_id, key
    on conflict (target, check_id, key) do update set
      detail = excluded.detail,
      last_seen = excluded.last_seen,
      waived = excluded.waived,
      resolved_at = null,
      reopened = f.reopened + (f.resolved_at is not null)::int`
}

function findingRows({ target, check, startedAt, verdict }: Result) {
  const seen = new Date(startedAt)
  const offenders = verdict.state === 'fail' ? verdict.findings : []
  // What is waived lives on, though it is in no number.
  const waived = 'waived' in verdict ? (verdict.waived ?? []) : []
  const all = [...offenders.map((each) => ({ ...each, waived: false }))].concat(
    waived.map((each) => ({ ...each, waived: true })),
  )
  // One statement cannot write a row twice, and a check may list an offender twice.
  const byKey = new Map(all.map(({ key, ...rest }) => [key.slice(0, MAX_KEY), rest]))
  return [...byKey].map(([key, rest]) => ({ target, check_id: check, key, seen, ...rest }))
}

/** Ends the life of those that are gone for certain. */
export async function resolveFindings(
  db: Prisma.TransactionClient,
  results: readonly Result[],
): Promise<void> {
  const rows = results
    .filter(showsEveryOffender)
    .map(({ target, check, startedAt }) => ({ target, check_id: check, seen: new Date(startedAt) }))
  if (rows.length === 0) return
  // The limit tells the planner how few rows there are: it would guess 100, and read the whole table.
  await db.$executeRaw`
    update finding as f set resolved_at = r.seen
    from (
      select * from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (target text, check_id text, seen timestamptz)
      limit ${rows.length}
    ) as r
    where f.target = r.target and f.check_id = r.check_id and f.resolved_at is null and f.last_seen <> r.seen`
}

/** An offender that is missing in a sample may still be there, unless the sample holds all of them. */
function showsEveryOffender({ verdict }: Result): boolean {
  if (verdict.state === 'pass') return true
  if (verdict.state !== 'fail') return false
  const { offenders } = verdict.values
  return typeof offenders === 'number' && offenders <= verdict.findings.length
}
