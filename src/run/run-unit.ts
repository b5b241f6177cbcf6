import type { DatabaseCheck, InspectCheck, QueryCheck } from '../catalogue/check.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { Result, Verdict } from '../catalogue/result.ts'
import type { Reader } from '../database/connect.ts'
import { DatabaseError, databaseError } from '../database/errors.ts'
import { NotHere, queryScope, type ScopeOptions, scanScope, schemaFacts } from '../database/scope.ts'
import { type Sql, sql } from '../database/sql.ts'
import { listFindings, MAX_FINDINGS } from '../scan/findings.ts'
import { type AnyScanCheck, type DatabaseUnit, planUnits, timeoutOf } from '../scan/plan.ts'
import { offendersOf, sharedRowsSelect, sharedSelect } from '../scan/select.ts'
import type { Target } from './target.ts'
import { failed, judge, toValues } from './verdict.ts'
import { noteWaived, stillOffending, type WaivedKeys, withoutWaived } from './waived.ts'

export interface RunOptions {
  readonly target: Target
  /** The worker's clock, milliseconds since the epoch. */
  readonly clock: () => number
  /** Stands in for the database's clock; only tests have a reason to. */
  readonly asOf?: Date
  /** Offenders that count no more, by check. Absent: all count. */
  readonly waived?: WaivedKeys
}

type Verdicts = ReadonlyMap<CheckId, Verdict>

/** Faults of one statement. Those of the connection or of time would only be multiplied by trying each check alone. */
const BLAMEABLE: ReadonlySet<DatabaseError['code']> = new Set(['ERR_QUERY', 'ERR_PERMISSION', 'ERR_SCHEMA'])

/**
 * Runs a unit and gives one result for each of its checks; never throws for a fault of the database.
 * When the statement shared by several checks fails, each is run alone once, so that blame falls on one. One that trips
 * over names that were remembered is run again with those that are there now.
 */
export async function runUnit(unit: DatabaseUnit, options: RunOptions): Promise<readonly Result[]> {
  const startedAt = options.clock()
  // What looks at the schema itself must not be told what was there a minute ago.
  if (unit.kind === 'inspect') options.target.forgetNames()
  const verdicts = await verdictsOf(unit, options)
  const durationMs = options.clock() - startedAt
  if (![...verdicts.values()].some(({ state }) => state === 'error'))
    options.target.turns.tookMs(unit.id, durationMs)
  return unit.checks.map(({ id }): Result => {
    const verdict = verdicts.get(id) ?? failed(new Error(`no verdict for ${id}`))
    return { check: id, target: options.target.name, startedAt, durationMs, verdict }
  })
}

async function verdictsOf(unit: DatabaseUnit, options: RunOptions, isSecondLook = false): Promise<Verdicts> {
  try {
    return await inTransaction(unit, options)
  } catch (cause) {
    const error = databaseError(cause)
    const isOfSchema = error.code === 'ERR_SCHEMA'
    if (isOfSchema) options.target.forgetNames()
    if (unit.checks.length > 1 && BLAMEABLE.has(error.code)) {
      const alone = await Promise.all(each(unit).map((one) => verdictsOf(one, options, isOfSchema)))
      return new Map(alone.flatMap((verdicts) => [...verdicts]))
    }
    // A migration since the names were remembered is not the check's fault.
    if (isOfSchema && !isSecondLook) return verdictsOf(unit, options, true)
    return new Map(unit.checks.map(({ id }) => [id, failed(error)]))
  }
}

/** A unit for each check of a unit of several. */
function each(unit: DatabaseUnit): readonly DatabaseUnit[] {
  if (unit.kind === 'scan') return unit.checks.map((check) => ({ ...unit, checks: [check] }))
  return unit.checks.flatMap((check) => planUnits([check]))
}

function inTransaction(
  unit: DatabaseUnit,
  { target, asOf, waived = () => [] }: RunOptions,
): Promise<Verdicts> {
  const timeoutMs = timeoutOf(unit)
  return target.database.transaction(timeoutMs, async (reader) => {
    const names = await target.names(reader)
    const canaries = await target.canaries(reader, names)
    const scope: ScopeOptions = { names, asOf: asOf ?? reader.now, policy: target.policy, canaries }
    switch (unit.kind) {
      case 'scan':
        return runScan(unit.checks, { reader, scope, waived })
      case 'shared':
        return runShared(unit, { reader, scope, waived })
      case 'query':
        return one(unit.checks[0], () => runQuery(unit.checks[0], { reader, scope, waived }))
      case 'inspect':
        return one(unit.checks[0], () => runInspection(unit.checks[0], { reader, scope, waived }))
    }
  })
}

/** A check that cannot apply here is a verdict; any other exception is the transaction's, and is thrown on. */
async function one(check: DatabaseCheck, run: () => Promise<Verdict>): Promise<Verdicts> {
  try {
    return new Map([[check.id, await run()]])
  } catch (cause) {
    const verdict = failed(cause)
    if (verdict.state !== 'skipped') throw cause
    return new Map([[check.id, verdict]])
  }
}

interface Run {
  readonly reader: Reader
  readonly scope: ScopeOptions
  readonly waived: WaivedKeys
}

async function runScan(checks: readonly AnyScanCheck[], run: Run): Promise<Verdicts> {
  const verdicts = new Map<CheckId, Verdict>()
  const applicable = checks.filter((check) => {
    try {
      const scope = scanScope(run.scope, check.table)
      offendersOf(check, scope)
      return !sharedSelect([check], scope).isEmpty
    } catch (cause) {
      verdicts.set(check.id, failed(cause))
      return false
    }
  })
  const plain = applicable.filter(({ id }) => run.waived(id).length === 0)
  // Rows that are waived for one check count for its neighbours, so it cannot share their pass.
  const alone = applicable.filter((check) => !plain.includes(check)).map((check) => [check])
  for (const group of [plain, ...alone]) {
    for (const [id, verdict] of await runPass(group, run)) verdicts.set(id, verdict)
  }
  return verdicts
}

/** One pass over the table for checks with the same rows: all, or those that are not waived for the one check. */
async function runPass(checks: readonly AnyScanCheck[], { reader, scope, waived }: Run): Promise<Verdicts> {
  const verdicts = new Map<CheckId, Verdict>()
  const [first] = checks
  if (first === undefined) return verdicts
  const { id, table } = first
  const keys = waived(id)
  const counted = scanScope({ ...scope, without: { table, ids: keys } }, table)
  const { statement, split } = sharedSelect(checks, counted)
  const [row = {}] = await reader.query(statement)
  const list = listFindings(reader)
  for (const check of checks) {
    const verdict = await judge(check, toValues(split(row, check)), () =>
      list(offendersOf(check, counted), check.show),
    )
    const whole = { offenders: offendersOf(check, scanScope(scope, table)), show: check.show }
    verdicts.set(check.id, noteWaived(verdict, await stillOffending(reader, whole, keys)))
  }
  return verdicts
}

type SharedUnit = Extract<DatabaseUnit, { kind: 'shared' }>

/** One pass over rows that the checks count. Those of which rows are waived count others, so they run alone. */
async function runShared({ source, checks }: SharedUnit, run: Run): Promise<Verdicts> {
  const { reader, waived } = run
  const scope = queryScope(run.scope)
  const plain = checks.filter(({ id }) => waived(id).length === 0)
  const pass = written(() => sharedRowsSelect(source, plain, scope))
  const verdicts = new Map<CheckId, Verdict>()
  if (pass !== undefined && !pass.isEmpty) {
    const [row = {}] = await reader.query(pass.statement)
    const list = listFindings(reader)
    for (const check of plain) {
      const values = toValues(pass.split(row, check))
      verdicts.set(check.id, await judge(check, values, () => list(check.offenders?.(scope), check.show)))
    }
  }
  for (const check of checks.filter(({ id }) => !verdicts.has(id))) {
    for (const [id, verdict] of await one(check, () => runQuery(check, run))) verdicts.set(id, verdict)
  }
  return verdicts
}

/** Undefined where something is not here or may not be read; which of the checks that is about, each tells alone. */
function written<T>(write: () => T): T | undefined {
  try {
    return write()
  } catch (cause) {
    if (cause instanceof NotHere || cause instanceof DatabaseError) return undefined
    throw cause
  }
}

async function runQuery(check: QueryCheck<string>, { reader, scope, waived }: Run): Promise<Verdict> {
  const keys = waived(check.id)
  const all = check.offenders?.(queryScope(scope))
  const offenders = all === undefined ? undefined : withoutWaived(all, keys)
  const without = check.rowsOf === undefined ? undefined : { table: check.rowsOf, ids: keys }
  const measured = check.measure?.(queryScope({ ...scope, without }))
  const numbers = measured === undefined ? {} : await single(reader, measured)
  const isCounted = offenders === undefined || 'offenders' in numbers
  const count = isCounted
    ? {}
    : await single(reader, sql`select count(*) as offenders from (${offenders}) as o`)
  const list = listFindings(reader)
  const verdict = await judge(check, toValues({ ...count, ...numbers }), () => list(offenders, check.show))
  return noteWaived(verdict, await stillOffending(reader, { offenders: all, show: check.show }, keys))
}

async function single(reader: Reader, statement: Sql) {
  const [row = {}] = await reader.query(statement)
  return row
}

async function runInspection(check: InspectCheck, { scope, waived }: Run): Promise<Verdict> {
  const keys = new Set(waived(check.id))
  const all = check.inspect(schemaFacts(scope))
  const findings = all.filter(({ key }) => !keys.has(key))
  const verdict = await judge(check, { offenders: findings.length }, async () =>
    findings.slice(0, MAX_FINDINGS),
  )
  return noteWaived(verdict, keys.size === 0 ? undefined : all.filter(({ key }) => keys.has(key)))
}
