import type { DatabaseCheck, InspectCheck, QueryCheck } from '../catalogue/check.ts'
import { milliseconds } from '../catalogue/duration.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { Result, Verdict } from '../catalogue/result.ts'
import type { Reader } from '../database/connect.ts'
import { type DatabaseError, databaseError } from '../database/errors.ts'
import { queryScope, type ScopeOptions, scanScope, schemaFacts } from '../database/scope.ts'
import { type Sql, sql } from '../database/sql.ts'
import { listFindings, MAX_FINDINGS } from '../scan/findings.ts'
import type { AnyScanCheck, DatabaseUnit } from '../scan/plan.ts'
import { offendersOf, sharedSelect } from '../scan/select.ts'
import type { Target } from './target.ts'
import { failed, judge, toValues } from './verdict.ts'

export interface RunOptions {
  readonly target: Target
  /** The worker's clock, milliseconds since the epoch. */
  readonly clock: () => number
  /** Stands in for the database's clock; only tests have a reason to. */
  readonly asOf?: Date
}

type Verdicts = ReadonlyMap<CheckId, Verdict>

/** Faults of one statement. Those of the connection or of time would only be multiplied by trying each check alone. */
const BLAMEABLE: ReadonlySet<DatabaseError['code']> = new Set(['ERR_QUERY', 'ERR_PERMISSION', 'ERR_SCHEMA'])

/**
 * Runs a unit and gives one result for each of its checks; never throws for a fault of the database.
 * When the statement shared by several checks fails, each is run alone once, so that blame falls on one.
 */
export async function runUnit(unit: DatabaseUnit, options: RunOptions): Promise<readonly Result[]> {
  const startedAt = options.clock()
  const verdicts = await verdictsOf(unit, options)
  const durationMs = options.clock() - startedAt
  return unit.checks.map(({ id }): Result => {
    const verdict = verdicts.get(id) ?? failed(new Error(`no verdict for ${id}`))
    return { check: id, target: options.target.name, startedAt, durationMs, verdict }
  })
}

async function verdictsOf(unit: DatabaseUnit, options: RunOptions): Promise<Verdicts> {
  try {
    return await inTransaction(unit, options)
  } catch (cause) {
    const error = databaseError(cause)
    if (error.code === 'ERR_SCHEMA') options.target.forgetNames()
    if (unit.kind !== 'scan' || unit.checks.length === 1 || !BLAMEABLE.has(error.code)) {
      return new Map(unit.checks.map(({ id }) => [id, failed(error)]))
    }
    const alone = await Promise.all(
      unit.checks.map((check) => verdictsOf({ ...unit, checks: [check] }, options)),
    )
    return new Map(alone.flatMap((verdicts) => [...verdicts]))
  }
}

function inTransaction(unit: DatabaseUnit, { target, asOf }: RunOptions): Promise<Verdicts> {
  const timeoutMs = Math.max(...unit.checks.map(({ timeout }) => milliseconds(timeout)))
  return target.database.transaction(timeoutMs, async (reader) => {
    const names = await target.names(reader)
    const canaries = await target.canaries(reader, names)
    const scope: ScopeOptions = { names, asOf: asOf ?? reader.now, policy: target.policy, canaries }
    switch (unit.kind) {
      case 'scan':
        return runScan(unit.checks, reader, scope)
      case 'query':
        return one(unit.checks[0], () => runQuery(unit.checks[0], reader, scope))
      case 'inspect':
        return one(unit.checks[0], () => runInspection(unit.checks[0], scope))
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

async function runScan(
  checks: readonly AnyScanCheck[],
  reader: Reader,
  options: ScopeOptions,
): Promise<Verdicts> {
  const verdicts = new Map<CheckId, Verdict>()
  const applicable = checks.filter((check) => {
    try {
      const scope = scanScope(options, check.table)
      offendersOf(check, scope)
      return !sharedSelect([check], scope).isEmpty
    } catch (cause) {
      verdicts.set(check.id, failed(cause))
      return false
    }
  })
  const [first] = applicable
  if (first === undefined) return verdicts
  const scope = scanScope(options, first.table)
  const { statement, split } = sharedSelect(applicable, scope)
  const [row = {}] = await reader.query(statement)
  const list = listFindings(reader)
  for (const check of applicable) {
    const verdict = await judge(check, toValues(split(row, check)), () =>
      list(offendersOf(check, scope), check.show),
    )
    verdicts.set(check.id, verdict)
  }
  return verdicts
}

async function runQuery(check: QueryCheck<string>, reader: Reader, options: ScopeOptions): Promise<Verdict> {
  const scope = queryScope(options)
  const offenders = check.offenders?.(scope)
  const measured = check.measure?.(scope)
  const count =
    offenders === undefined
      ? {}
      : await single(reader, sql`select count(*) as offenders from (${offenders}) as o`)
  const numbers = measured === undefined ? {} : await single(reader, measured)
  const list = listFindings(reader)
  return judge(check, toValues({ ...count, ...numbers }), () => list(offenders, check.show))
}

async function single(reader: Reader, statement: Sql) {
  const [row = {}] = await reader.query(statement)
  return row
}

async function runInspection(check: InspectCheck, options: ScopeOptions): Promise<Verdict> {
  const findings = check.inspect(schemaFacts(options))
  return judge(check, { offenders: findings.length }, async () => findings.slice(0, MAX_FINDINGS))
}
