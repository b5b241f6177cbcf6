import type { QueryScope, RowSource, ScanScope } from '../catalogue/check.ts'
import type { Table } from '../catalogue/tables.ts'
import { identifier, join, type Sql, sql } from '../database/sql.ts'
import type { AnyScanCheck, SharedCheck } from './plan.ts'

/** One number that a check wants, and the position its column has in the shared select. */
interface Slot {
  readonly check: AnyScanCheck | SharedCheck
  readonly metric: string
  readonly aggregate: Sql
}

function slotsOf(check: AnyScanCheck, scope: ScanScope<Table>): readonly Slot[] {
  const predicate = check.offenders?.(scope)
  const offenders: readonly Slot[] =
    predicate === undefined
      ? []
      : [{ check, metric: 'offenders', aggregate: sql`count(*) filter (where ${predicate})` }]
  const gauges = Object.entries(check.gauges ?? {}).map(
    ([metric, { aggregate }]): Slot => ({ check, metric, aggregate: aggregate(scope) }),
  )
  return [...offenders, ...gauges]
}

/**
 * One select that answers for all given checks, and how to split its row again.
 * Aliases are positions, not names: PostgreSQL cuts an identifier at 63 bytes without an error.
 * Throws NotHere when a check needs a column this database lacks; so give it one check at a time to find out which.
 */
export function sharedSelect(checks: readonly AnyScanCheck[], scope: ScanScope<Table>) {
  return selectOf(
    checks.flatMap((check) => slotsOf(check, scope)),
    scope.from,
  )
}

/** The same for query checks that count the same rows. Throws NotHere, or for want of a right, as their SQL does. */
export function sharedRowsSelect(source: RowSource, checks: readonly SharedCheck[], scope: QueryScope) {
  const slots = checks.flatMap((check) =>
    Object.entries(check.shared.aggregates(scope)).map(
      ([metric, aggregate]): Slot => ({ check, metric, aggregate }),
    ),
  )
  return selectOf(slots, sql`(${source.rows(scope)}) as r`)
}

function selectOf(slots: readonly Slot[], from: Sql) {
  const columns = slots.map(({ aggregate }, i) => sql`${aggregate} as ${identifier(`c${i}`)}`)
  const statement = sql`select ${join(columns, ', ')} from ${from}`
  const split = (row: Readonly<Record<string, unknown>>, check: AnyScanCheck | SharedCheck) =>
    Object.fromEntries(
      slots.flatMap((slot, i) => (slot.check === check ? [[slot.metric, row[`c${i}`]]] : [])),
    )
  return { statement, split, isEmpty: slots.length === 0 }
}

/** The rows behind one check's count, or undefined for a check that only measures. */
export function offendersOf(check: AnyScanCheck, scope: ScanScope<Table>): Sql | undefined {
  const predicate = check.offenders?.(scope)
  if (predicate === undefined || check.show === undefined) return undefined
  const columns = check.show.map((name) => sql`${columnOf(scope, name)} as ${identifier(name)}`)
  return sql`select ${join(columns, ', ')} from ${scope.from} where ${predicate}`
}

function columnOf(scope: ScanScope<Table>, name: string): Sql {
  const columns: Readonly<Record<string, Sql>> = scope.col
  return columns[name]!
}
