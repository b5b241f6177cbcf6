import pg from 'pg'
import type { Unit } from '../src/scan/plan.ts'

export interface Runs {
  /** Runs of a unit on a target, each counted once. */
  readonly done: number
  /** Seconds from the instant that the schedule meant to the start of the run. */
  readonly latenessP50: number
  readonly latenessP99: number
  readonly failed: number
  /** Runs of the unit and target that had the fewest and the most of them. */
  readonly fewest: number
  readonly most: number
}

/** What the state database knows of the ticks of a while. Each unit is told by the first of its checks. */
export async function runsBetween(options: {
  readonly url: string
  readonly units: readonly Unit[]
  readonly targets: number
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}): Promise<Runs> {
  const client = new pg.Client({ connectionString: options.url, query_timeout: 60_000 })
  await client.connect()
  try {
    const checks = options.units.map(({ checks }) => checks[0]?.id)
    const span = [checks, options.from / 1_000, options.to / 1_000]
    const { rows } = await client.query(
      `select count(distinct (target, check_id, tick))::float8 as done,
              count(*) filter (where state = 'error')::float8 as failed,
              percentile_cont(0.5) within group (order by extract(epoch from started_at - tick)) as p50,
              percentile_cont(0.99) within group (order by extract(epoch from started_at - tick)) as p99
         from authwatch.check_run
        where check_id = any($1) and tick >= to_timestamp($2) and tick < to_timestamp($3)`,
      span,
    )
    const [row] = rows
    const turns = await client.query(
      `select count(*)::float8 as places, min(runs)::float8 as fewest, max(runs)::float8 as most
         from (select count(*) as runs from authwatch.check_run
                where check_id = any($1) and started_at >= to_timestamp($2) and started_at < to_timestamp($3)
                group by target, check_id) as r`,
      span,
    )
    const [turn] = turns.rows
    const everybody = Number(turn.places) === options.targets * options.units.length
    return {
      done: Number(row.done),
      failed: Number(row.failed),
      fewest: everybody ? Number(turn.fewest) : 0,
      most: Number(turn.most),
      latenessP50: Number(row.p50),
      latenessP99: Number(row.p99),
    }
  } finally {
    await client.end()
  }
}
