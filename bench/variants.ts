import pLimit from 'p-limit'
import { type DatabaseCheck, queryCheck } from '../src/catalogue/check.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import type { Result } from '../src/catalogue/result.ts'
import type { Table } from '../src/catalogue/tables.ts'
import { MAX_CONNECTIONS } from '../src/database/connect.ts'
import { sql } from '../src/database/sql.ts'
import { openTarget } from '../src/run/open-target.ts'
import { runUnit } from '../src/run/run-unit.ts'
import { type DatabaseUnit, planUnits } from '../src/scan/plan.ts'

/** One way to come by the same numbers. */
export interface Variant {
  readonly name: string
  readonly what: string
  /** Name of the variant whose cost is 1. */
  readonly against: string
  readonly units: readonly DatabaseUnit[]
}

export interface Timing {
  readonly milliseconds: number
  readonly results: readonly Result[]
}

const alone = (check: DatabaseCheck): readonly DatabaseUnit[] => planUnits([check])

/** A scan check as one check for each of its numbers: what a file of queries, one for each metric, would run. */
function eachNumber(check: DatabaseCheck): readonly DatabaseCheck[] {
  if (check.kind !== 'scan') return [check]
  const { offenders, gauges = {}, ...rest } = check
  const counted = offenders === undefined ? [] : [{ ...rest, offenders }]
  const measured = Object.entries(gauges).map(([metric, gauge]) => ({ ...rest, gauges: { [metric]: gauge } }))
  // The parts keep the table of the whole, which the compiler loses sight of in the spread.
  return [...counted, ...measured] as readonly DatabaseCheck[]
}

const COUNTED: readonly Table[] = [
  'user',
  'session',
  'account',
  'verification',
  'organization',
  'member',
  'invitation',
  'apiKey',
  'twoFactor',
]

/** The least that reading a whole table can cost. */
function bareCount(name: Table): DatabaseCheck {
  return queryCheck({
    id: `count.${name}`,
    title: 'Rows are counted',
    every: '1m',
    timeout: '30s',
    measure: ({ table }) => sql`select count(*) as "rows" from ${table(name, 't').from}`,
    alerts: { none: 'A measure for the other variants and nothing more.' },
  })
}

export function variantsOf(checks: readonly DatabaseCheck[]): readonly Variant[] {
  const scans = checks.filter(({ kind }) => kind === 'scan')
  const everyMinute = checks.filter(({ every }) => every === '1m')
  const perNumber = (some: readonly DatabaseCheck[]) => some.flatMap(eachNumber).flatMap(alone)
  const variant = (against: string) => (name: string, what: string, units: readonly DatabaseUnit[]) => {
    return { name, what, against, units }
  }
  const ofCycle = variant('cycle')
  const ofScans = variant('scans')
  return [
    ofCycle('cycle', 'all checks at one tick, as the worker runs them', planUnits(checks)),
    ofCycle('unfused', 'all checks, each scanning for itself', checks.flatMap(alone)),
    ofCycle('per number', 'all checks, each number of a scan its own statement', perNumber(checks)),
    ofCycle('bare counts', '`count(*)` of each table once', COUNTED.map(bareCount).flatMap(alone)),
    ofCycle('every minute', 'the checks due every minute, as the worker runs them', planUnits(everyMinute)),
    ofScans('scans', 'the scan checks alone, sharing their scans', planUnits(scans)),
    ofScans('scans unfused', 'the scan checks alone, each scanning for itself', scans.flatMap(alone)),
    ofScans('scans per number', 'each number of them its own statement', perNumber(scans)),
  ]
}

/** Runs all units as the worker does: as many at a time as it has connections, over connections that are open. */
export async function timed(url: string, units: readonly DatabaseUnit[]): Promise<Timing> {
  await using target = openTarget({
    name: 'bench',
    url,
    policy: defaultPolicy,
    overrides: {},
    clock: () => performance.now(),
  })
  const warm = Array.from({ length: MAX_CONNECTIONS }, () =>
    target.database.transaction(10_000, (reader) => target.names(reader)),
  )
  await Promise.all(warm)
  const limit = pLimit(MAX_CONNECTIONS)
  const startedAt = performance.now()
  const runs = units.map((unit) => limit(() => runUnit(unit, { target, clock: () => performance.now() })))
  const results = (await Promise.all(runs)).flat()
  return { milliseconds: performance.now() - startedAt, results }
}
