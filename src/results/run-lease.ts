import type { Prisma, PrismaClient } from './generated/client.ts'
import type { ClaimedUnit, ClaimOutcome, UnitRun } from './state-store.ts'
import { MAX_CLOCK_LEAD, toJson } from './to-sql.ts'

const MAX_UNITS = 100_000

/** One statement decides: of any number of workers that ask at once, one gets the row. Leases end by its clock. */
export async function claimRun(
  db: PrismaClient,
  { target, unit, tick, worker, leaseMs }: UnitRun & { readonly leaseMs: number },
): Promise<ClaimOutcome> {
  const at = tick.toISOString()
  const claimed = await db.$executeRaw`
    insert into run_lease as l (target, unit, tick, worker, lease_until)
    values (${target}, ${unit}, ${at}::timestamptz, ${worker},
            clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond')
    on conflict (target, unit) do update set
      tick = excluded.tick, worker = excluded.worker, lease_until = excluded.lease_until, finished_at = null
    where (l.finished_at is not null or l.lease_until <= clock_timestamp())
      and (l.tick < excluded.tick
        or (l.tick = excluded.tick and l.finished_at is null)
        or (l.tick > excluded.tick and l.tick > clock_timestamp() + ${MAX_CLOCK_LEAD}::interval))`
  if (claimed > 0) return 'claimed'
  const [row] = await db.$queryRaw<{ readonly reached: boolean }[]>`
    select tick >= ${at}::timestamptz as reached from run_lease where target = ${target} and unit = ${unit}`
  return row?.reached === true ? 'done' : 'overlap'
}

/** Those that somebody else took meanwhile stay theirs. */
export async function releaseRuns(db: Prisma.TransactionClient, runs: readonly UnitRun[]): Promise<void> {
  if (runs.length === 0) return
  const rows = runs.map(({ target, unit, tick, worker }) => ({ target, unit, tick, worker }))
  // The limit tells the planner how few rows there are: it would guess 100, and read the whole table.
  await db.$executeRaw`
    update run_lease as l set finished_at = clock_timestamp()
    from (
      select * from jsonb_to_recordset(${toJson(rows)}::jsonb) as r (
        target text, unit text, tick timestamptz, worker text)
      limit ${rows.length}
    ) as r
    where l.target = r.target and l.unit = r.unit and l.tick = r.tick and l.worker = r.worker
      and l.finished_at is null`
}

export async function claimedUnits(db: PrismaClient, tick: Date): Promise<readonly ClaimedUnit[]> {
  const rows = await db.runLease.findMany({
    where: { tick: { gte: tick } },
    select: { target: true, unit: true, tick: true, worker: true, finishedAt: true },
    orderBy: [{ target: 'asc' }, { unit: 'asc' }],
    take: MAX_UNITS,
  })
  return rows.map(({ finishedAt, ...run }) => ({ ...run, finished: finishedAt !== null }))
}
