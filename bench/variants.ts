import pLimit from 'p-limit'
import pg from 'pg'
import type { DatabaseCheck } from '../src/catalogue/check.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import type { Result } from '../src/catalogue/result.ts'
import { MAX_CONNECTIONS } from '../src/database/connect.ts'
import { openTarget } from '../src/run/open-target.ts'
import { runUnit } from '../src/run/run-unit.ts'
import type { Target } from '../src/run/target.ts'
import { type DatabaseUnit, planUnits } from '../src/scan/plan.ts'
import { inItsOwnStatement } from './numbers.ts'
import type { SqlExporter } from './sql-exporter.ts'

/** One way to come by the same numbers. */
export interface Variant {
  readonly name: string
  readonly what: string
  /** How many things are run for it. */
  readonly units: number
  /** Measured in the first round only: it takes minutes, and is compared with nothing that is aimed at. */
  readonly once?: boolean
  run(): Promise<Timing>
}

export interface Timing {
  readonly milliseconds: number
  readonly results: readonly Result[]
  /** What came to no number, by name, with the reason. */
  readonly failures: ReadonlyMap<string, string>
}

const COUNTED = [
  'user',
  'session',
  'account',
  'verification',
  'organization',
  'member',
  'invitation',
  'apikey',
  'twoFactor',
] as const

/** The comparison is of times, so nothing but the worker itself is ended by a limit. */
const unhurried = (check: DatabaseCheck): DatabaseCheck => ({ ...check, timeout: '10m' })
const alone = (check: DatabaseCheck): readonly DatabaseUnit[] => planUnits([check])

export interface Measuring {
  readonly url: string
  readonly checks: readonly DatabaseCheck[]
  readonly exporter: SqlExporter | undefined
}

export function variantsOf({ url, checks, exporter }: Measuring): readonly Variant[] {
  const everyMinute = checks.filter(({ every }) => every === '1m')
  const single = checks.map(unhurried)
  const asUnits = (name: string, what: string, units: readonly DatabaseUnit[]): Variant => {
    return { name, what, units: units.length, run: () => timed(url, units) }
  }
  const exported: readonly Variant[] =
    exporter === undefined
      ? []
      : [
          {
            name: 'exporter',
            what: `${exporter.version} with a query for each number, in three jobs`,
            units: exporter.queries,
            run: exporter.collect,
          },
        ]
  return [
    asUnits('cycle', 'all checks at one tick, as the worker runs them', planUnits(checks)),
    { ...asUnits('unfused', 'all checks, each reading for itself', single.flatMap(alone)), once: true },
    {
      ...asUnits(
        'per number',
        'each number of each check its own statement',
        single.flatMap(inItsOwnStatement).flatMap(alone),
      ),
      once: true,
    },
    ...exported,
    {
      name: 'bare counts',
      what: "`count(*)` of each table once, with the server's own settings",
      units: COUNTED.length,
      run: () => bareCounts(url),
    },
    asUnits('every minute', 'the checks due every minute, as the worker runs them', planUnits(everyMinute)),
  ]
}

/** The least that reading every table can cost, by whatever means the server chooses. */
async function bareCounts(url: string): Promise<Timing> {
  const pool = new pg.Pool({ connectionString: url, max: MAX_CONNECTIONS, query_timeout: 600_000 })
  try {
    await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => pool.query('select pg_sleep(0.01)')))
    const startedAt = performance.now()
    await Promise.all(COUNTED.map((table) => pool.query(`select count(*) from "${table}"`)))
    return { milliseconds: performance.now() - startedAt, results: [], failures: new Map() }
  } finally {
    await pool.end()
  }
}

/** The application under watch, with a connection open for each statement that runs at a time. */
export async function openWarm(url: string): Promise<Target & AsyncDisposable> {
  const clock = () => performance.now()
  const target = openTarget({ name: 'bench', url, policy: defaultPolicy, overrides: {}, clock })
  const warm = Array.from({ length: MAX_CONNECTIONS }, () =>
    target.database.transaction(10_000, (reader) => target.names(reader)),
  )
  await Promise.all(warm)
  return target
}

/** Runs all units as the worker does: as many at a time as it has connections. */
export async function runAll(target: Target, units: readonly DatabaseUnit[]): Promise<readonly Result[]> {
  const limit = pLimit(MAX_CONNECTIONS)
  const runs = units.map((unit) => limit(() => runUnit(unit, { target, clock: () => performance.now() })))
  return (await Promise.all(runs)).flat()
}

export async function timed(url: string, units: readonly DatabaseUnit[]): Promise<Timing> {
  await using target = await openWarm(url)
  const startedAt = performance.now()
  const results = await runAll(target, units)
  const milliseconds = performance.now() - startedAt
  const failures = results.flatMap(({ check, verdict }) =>
    verdict.state === 'error' ? [[check, `${verdict.code}, ${verdict.message}`] as const] : [],
  )
  return { milliseconds, results, failures: new Map(failures) }
}
