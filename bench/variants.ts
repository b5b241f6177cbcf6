import pg from 'pg'
import type { DatabaseCheck } from '../src/catalogue/check.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import type { Result } from '../src/catalogue/result.ts'
import { DEFAULT_CONNECTIONS } from '../src/database/connect.ts'
import { identifier, join, qualified, type Sql, sql } from '../src/database/sql.ts'
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
const STATEMENT_MS = 600_000
const alone = (check: DatabaseCheck): readonly DatabaseUnit[] => planUnits([check])

export interface Measuring {
  readonly url: string
  /** One worker's, for all rounds: it knows what was long the last time. */
  readonly target: Target
  readonly checks: readonly DatabaseCheck[]
  readonly exporter: SqlExporter | undefined
}

export function variantsOf({ url, target, checks, exporter }: Measuring): readonly Variant[] {
  const everyMinute = checks.filter(({ every }) => every === '1m')
  const single = checks.map(unhurried)
  const asUnits = (name: string, what: string, units: readonly DatabaseUnit[]): Variant => {
    return { name, what, units: units.length, run: () => timed(target, units) }
  }
  const atFirst = (name: string, what: string, units: readonly DatabaseUnit[]): Variant => {
    return { ...asUnits(name, what, units), run: () => timedAtFirst(url, units) }
  }
  const exported: readonly Variant[] =
    exporter === undefined
      ? []
      : [
          {
            name: 'exporter',
            what: `${exporter.version} with a query for each number, in one job`,
            units: exporter.queries,
            run: () => exporter.collect(1),
          },
          {
            name: 'exporter, three jobs',
            what: 'the same queries, three at a time',
            units: exporter.queries,
            run: () => exporter.collect(DEFAULT_CONNECTIONS),
          },
        ]
  return [
    asUnits('cycle', 'all checks at one tick, as the worker runs them', planUnits(checks)),
    atFirst(
      'first cycle',
      'the same before the worker knows what is long, three at a time',
      planUnits(checks),
    ),
    { ...atFirst('unfused', 'all checks, each reading for itself', single.flatMap(alone)), once: true },
    {
      ...atFirst(
        'per number',
        'each number of each check its own statement',
        single.flatMap(inItsOwnStatement).flatMap(alone),
      ),
      once: true,
    },
    ...exported,
    {
      name: 'read once',
      what: "every column of each table counted, with the checks' settings",
      units: COUNTED.length,
      run: () => readOnce(target),
    },
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
  const pool = new pg.Pool({ connectionString: url, max: DEFAULT_CONNECTIONS, query_timeout: 600_000 })
  try {
    await Promise.all(Array.from({ length: DEFAULT_CONNECTIONS }, () => pool.query('select pg_sleep(0.01)')))
    const startedAt = performance.now()
    await Promise.all(COUNTED.map((table) => pool.query(`select count(*) from "${table}"`)))
    return { milliseconds: performance.now() - startedAt, results: [], failures: new Map() }
  } finally {
    await pool.end()
  }
}

/** What any exact answer about rows takes before anything is looked up. */
async function readOnce(target: Target): Promise<Timing> {
  const statements = await target.database.transaction(10_000, async (reader) => {
    const { tables } = await target.names(reader)
    return [...tables.values()].map(({ schema, name, columns }) => {
      const counts = [...columns.values()].map((column) => sql`count(${identifier(column.name)})`)
      return sql`select ${join(counts, ', ')} from ${qualified(schema, name)}`
    })
  })
  await warm(target)
  const startedAt = performance.now()
  const read = (statement: Sql) =>
    target.database.transaction(STATEMENT_MS, (reader) => reader.query(statement))
  await Promise.all(statements.map(read))
  return { milliseconds: performance.now() - startedAt, results: [], failures: new Map() }
}

/** The application under watch. */
export function openBenchTarget(url: string, connections?: number): Target & AsyncDisposable {
  const clock = () => performance.now()
  const own = connections === undefined ? {} : { connections }
  return openTarget({ name: 'bench', url, policy: defaultPolicy, overrides: {}, clock, ...own })
}

/** Opens a connection for each statement that may run at a time. */
export async function warm({ database, names }: Target): Promise<void> {
  const opened = Array.from({ length: database.connections }, () => database.transaction(10_000, names))
  await Promise.all(opened)
}

/** Runs all units as the worker does, each when it is its turn. */
export async function runAll(target: Target, units: readonly DatabaseUnit[]): Promise<readonly Result[]> {
  const clock = () => performance.now()
  const runs = units.map((unit) => target.turns.take(unit.id, () => runUnit(unit, { target, clock })))
  return (await Promise.all(runs)).flat()
}

export async function timed(target: Target, units: readonly DatabaseUnit[]): Promise<Timing> {
  await warm(target)
  const startedAt = performance.now()
  const results = await runAll(target, units)
  const milliseconds = performance.now() - startedAt
  const failures = results.flatMap(({ check, verdict }) =>
    verdict.state === 'error' ? [[check, `${verdict.code}, ${verdict.message}`] as const] : [],
  )
  return { milliseconds, results, failures: new Map(failures) }
}

async function timedAtFirst(url: string, units: readonly DatabaseUnit[]): Promise<Timing> {
  await using target = openBenchTarget(url)
  return await timed(target, units)
}
