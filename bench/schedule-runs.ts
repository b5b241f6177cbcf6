import pg from 'pg'
import type { Unit } from '../src/scan/plan.ts'

export interface Runs {
  /** Runs of a unit on a target, each counted once. */
  readonly done: number
  /** Seconds from the instant that the schedule meant to the start of the run. */
  readonly latenessP50: number
  readonly latenessP99: number
  readonly failed: number
}

/** What the state database knows of the ticks of a while. Each unit is told by the first of its checks. */
export async function runsBetween(options: {
  readonly url: string
  readonly units: readonly Unit[]
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}): Promise<Runs> {
  const client = new pg.Client({ connectionString: options.url, query_timeout: 60_000 })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select count(distinct (target, check_id, tick))::float8 as done,
              count(*) filter (where state = 'error')::float8 as failed,
              percentile_cont(0.5) within group (order by extract(epoch from started_at - tick)) as p50,
              percentile_cont(0.99) within group (order by extract(epoch from started_at - tick)) as p99
         from authwatch.check_run
        where check_id = any($1) and tick >= to_timestamp($2) and tick < to_timestamp($3)`,
      [options.units.map(({ checks }) => checks[0]?.id), options.from / 1_000, options.to / 1_000],
    )
    const [row] = rows
    return {
      done: Number(row.done),
      failed: Number(row.failed),
      latenessP50: Number(row.p50),
      latenessP99: Number(row.p99),
    }
  } finally {
    await client.end()
  }
}
