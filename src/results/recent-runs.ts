import type { CheckId } from '../catalogue/naming.ts'
import type { State } from '../catalogue/result.ts'
import type { PrismaClient } from './generated/client.ts'

/** How one run of a check on a target ended. */
export interface StoredRun {
  readonly check: CheckId
  readonly target: string
  /** When it began, milliseconds since the epoch. */
  readonly at: number
  readonly state: State
  /** Null when it could not look, or counts none. */
  readonly offenders: number | null
}

/** Of hundreds of servers the oldest are left out: this is to be held in memory. */
const MAX_RUNS = 20_000

interface RunRow extends Omit<StoredRun, 'check'> {
  readonly check_id: CheckId
}

/** The last runs of each check on each target, newest first. */
export async function readRecentRuns(db: PrismaClient, perCheck: number): Promise<readonly StoredRun[]> {
  const rows = await db.$queryRaw<RunRow[]>`
    select run.target, run.check_id, (extract(epoch from run.started_at) * 1000)::float8 as at, run.state,
           run.offenders
    from check_result as r cross join lateral (
      select * from check_run as c
      where c.target = r.target and c.check_id = r.check_id
      order by c.started_at desc limit ${perCheck}
    ) as run
    order by run.started_at desc
    limit ${MAX_RUNS}`
  return rows.map(({ check_id, ...run }) => ({ ...run, check: check_id }))
}
