import type { Result } from '../catalogue/result.ts'
import type { Prisma } from './generated/client.ts'
import { releaseRuns } from './run-lease.ts'
import { resolveFindings, storeFindings } from './save-findings.ts'
import type { SaveOptions } from './state-store.ts'
import { type CheckKey, tidy } from './tidy.ts'
import { MAX_CLOCK_LEAD, toJson } from './to-sql.ts'

/** After how many runs of one outcome the history of a check is cut: often enough to stay small, too seldom to cost. */
const TIDY_EVERY = 20n

/** What one unit found. */
export interface Save extends SaveOptions {
  readonly results: readonly Result[]
}

/** A result with what its run is stored with. */
type Run = Pick<Save, 'tick' | 'worker'> & { readonly result: Result }

type RunKey = CheckKey & { readonly started_at: number }

const runName = ({ target, check_id, started_at }: RunKey) => JSON.stringify([target, check_id, started_at])
const checkName = ({ target, check_id }: CheckKey) => JSON.stringify([target, check_id])
const keyOf = ({ target, check, startedAt }: Result): RunKey => ({
  target,
  check_id: check,
  started_at: startedAt,
})

/**
 * Stores the results of some units and gives the units back; to be called in a transaction. No check on a target may be
 * in two of them. A handful of statements, however many checks.
 */
export async function saveResults(db: Prisma.TransactionClient, saves: readonly Save[]): Promise<void> {
  const runs = saves.flatMap(({ results, ...run }) => results.map((result) => ({ ...run, result })))
  const stored = new Set((await insertRuns(db, runs)).map(runName))
  const fresh = runs.map(({ result }) => result).filter((result) => stored.has(runName(keyOf(result))))
  if (fresh.length > 0) await takeIn(db, fresh)
  await releaseRuns(
    db,
    saves.flatMap(({ release }) => release ?? []),
  )
}

async function takeIn(db: Prisma.TransactionClient, fresh: readonly Result[]): Promise<void> {
  const due = await countRuns(db, fresh)
  // The rows it writes stay locked until the end: what follows happens to one check by one worker at a time.
  const latest = new Set((await replaceLatest(db, newestOfEach(fresh))).map(checkName))
  const current = newestOfEach(fresh).filter((result) => latest.has(checkName(keyOf(result))))
  await storeFindings(db, current)
  await resolveFindings(db, current)
  const untidy = due.filter((key) => latest.has(checkName(key)))
  if (untidy.length > 0) await tidy(db, untidy)
}

function newestOfEach(results: readonly Result[]): readonly Result[] {
  const byAge = results.toSorted((a, b) => a.startedAt - b.startedAt)
  return [...new Map(byAge.map((result) => [checkName(keyOf(result)), result])).values()]
}

/** Gives the keys of those that were not there. */
function insertRuns(db: Prisma.TransactionClient, runs: readonly Run[]): Promise<readonly RunKey[]> {
  const rows = runs.map(({ result, tick, worker }) => ({
    target: result.target,
    check_id: result.check,
    started_at: new Date(result.startedAt),
    duration_ms: result.durationMs,
    state: result.verdict.state,
    offenders: 'values' in result.verdict ? result.verdict.values.offenders : null,
    tick,
    worker,
  }))
  return db.$queryRaw<RunKey[]>`
    insert into check_run (target, check_id, started_at, duration_ms, state, offenders, tick, worker)
    select target, check_id, started_at, duration_ms, state, offenders, tick, worker
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (
      target text, check_id text, started_at timestamptz, duration_ms float8, state text, offenders float8,
      tick timestamptz, worker text)
    order by target, check_id, started_at
    on conflict do nothing
    returning target, check_id, (extract(epoch from started_at) * 1000)::float8 as started_at`
}

/** Gives the checks whose history is due to be cut. */
async function countRuns(
  db: Prisma.TransactionClient,
  results: readonly Result[],
): Promise<readonly CheckKey[]> {
  const rows = results.map(({ target, check, verdict }) => ({
    target,
    check_id: check,
    outcome: verdict.state,
  }))
  const totals = await db.$queryRaw<(CheckKey & { readonly runs: bigint })[]>`
    insert into check_run_total as t (target, check_id, outcome, runs)
    select target, check_id, outcome, count(*)
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (target text, check_id text, outcome text)
    group by target, check_id, outcome
    order by target, check_id, outcome
    on conflict (target, check_id, outcome) do update set runs = t.runs + excluded.runs
    returning target, check_id, runs`
  return totals.filter(({ runs }) => runs % TIDY_EVERY === 0n)
}

/** Gives the checks for which nothing newer was stored already. */
function replaceLatest(
  db: Prisma.TransactionClient,
  results: readonly Result[],
): Promise<readonly CheckKey[]> {
  const rows = results.map(({ target, check, startedAt, durationMs, verdict }) => {
    const { findings: _, ...columns } = { findings: [], ...verdict }
    return { ...columns, target, check_id: check, started_at: new Date(startedAt), duration_ms: durationMs }
  })
  return db.$queryRaw<CheckKey[]>`
    insert into check_result as r (
      target, check_id, state, severity, summary, code, message, reason, "values",
      started_at, duration_ms, state_since, last_success_at, revision)
    select target, check_id, state, severity, summary, code, message, reason, "values",
           started_at, duration_ms, started_at, case when state in ('pass', 'fail') then started_at end,
           pg_current_xact_id()::text::bigint
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as n (
      target text, check_id text, state text, severity text, summary text, code text, message text, reason text,
      "values" jsonb, started_at timestamptz, duration_ms float8)
    order by target, check_id
    on conflict (target, check_id) do update set
      state = excluded.state,
      severity = excluded.severity,
      summary = excluded.summary,
      code = excluded.code,
      message = excluded.message,
      reason = excluded.reason,
      "values" = excluded."values",
      started_at = excluded.started_at,
      duration_ms = excluded.duration_ms,
      state_since = case when r.state = excluded.state then r.state_since else excluded.state_since end,
      last_success_at = coalesce(excluded.last_success_at, r.last_success_at),
      revision = excluded.revision
    where r.started_at < excluded.started_at
       or r.started_at > clock_timestamp() + ${MAX_CLOCK_LEAD}::interval
    returning r.target, r.check_id`
}
