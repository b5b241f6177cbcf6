import { Prisma } from './generated/client.ts'
import { toJson } from './to-sql.ts'

/** Of each check on each target; as many more may wait until the next tidying. */
const MAX_RUNS = 500
const MAX_FINDINGS = 500
const MAX_AGE = '30 days'
/** Rows that one tidying deletes at most. */
const BATCH = 5_000

export interface CheckKey {
  readonly target: string
  readonly check_id: string
}

/** Cuts the history of these checks, and forgets offenders that were resolved long ago or are too many. */
export async function tidy(db: Prisma.TransactionClient, checks: readonly CheckKey[]): Promise<void> {
  const keys = checks.map(({ target, check_id }) => ({ target, check_id }))
  // The limit tells the planner how few rows there are: it would guess 100, and read the whole table.
  const due = Prisma.sql`(
    select * from jsonb_to_recordset(${toJson(keys)}::jsonb) as d (target text, check_id text) limit ${keys.length})`
  await db.$executeRaw`
    delete from check_run as c using (
      select target, check_id, started_at
      from (
        select target, check_id, started_at,
               row_number() over (partition by target, check_id order by started_at desc) as place
        from check_run join ${due} as due using (target, check_id)
      ) as ranked
      where place > ${MAX_RUNS} or started_at < now() - ${MAX_AGE}::interval
      limit ${BATCH}
    ) as old
    where c.target = old.target and c.check_id = old.check_id and c.started_at = old.started_at`
  await db.$executeRaw`
    delete from finding as f using (
      select target, check_id, key
      from (
        select target, check_id, key, resolved_at,
               row_number() over (
                 partition by target, check_id order by (resolved_at is null) desc, last_seen desc, key) as place
        from finding join ${due} as due using (target, check_id)
      ) as ranked
      where place > ${MAX_FINDINGS} or resolved_at < now() - ${MAX_AGE}::interval
      limit ${BATCH}
    ) as old
    where f.target = old.target and f.check_id = old.check_id and f.key = old.key`
}
