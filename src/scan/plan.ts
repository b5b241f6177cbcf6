import type { Check, DatabaseCheck, InspectCheck, QueryCheck, ScanCheck } from '../catalogue/check.ts'
import { type Duration, seconds } from '../catalogue/duration.ts'
import { groupBy } from '../catalogue/group-by.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Table } from '../catalogue/tables.ts'

/** A scan check of whichever table. The planner is the one place that does not care which. */
export type AnyScanCheck = ScanCheck<Table, string>

/** What is run as one: a pass over one table that serves many checks, or one check that stands alone. */
export type Unit = DatabaseUnit | ProbeUnit

interface UnitMeta {
  readonly id: string
  readonly every: Duration
  /** Time after the worker's start before the first run; absent: at once. */
  readonly startsAfter?: Duration
}

/** Runs on a database, once for each that is watched. */
export type DatabaseUnit = UnitMeta &
  (
    | { readonly kind: 'scan'; readonly table: Table; readonly checks: readonly AnyScanCheck[] }
    | { readonly kind: 'query'; readonly checks: readonly [QueryCheck<string>] }
    | { readonly kind: 'inspect'; readonly checks: readonly [InspectCheck] }
  )

/** Runs on a server, or once for the whole fleet. */
export type ProbeUnit = UnitMeta & { readonly kind: 'probe'; readonly checks: readonly [ProbeCheck] }

const isScan = (check: Check): check is Extract<Check, { kind: 'scan' }> => check.kind === 'scan'

/**
 * Groups checks into units. Scan checks over one table that are due at the same times share one unit; its id is
 * made of both, so that it stays the same while checks join or leave.
 */
export function planUnits(checks: readonly DatabaseCheck[]): readonly DatabaseUnit[]
export function planUnits(checks: readonly Check[]): readonly Unit[]
export function planUnits(checks: readonly Check[]): readonly Unit[] {
  const scans = groupBy(checks.filter(isScan), ({ table, every }) => `scan.${table}.${seconds(every)}s`)
  const shared = [...scans].map(([id, group]): Unit => {
    // The planner only ever hands a check the scope of the check's own table.
    const members = group as unknown as readonly AnyScanCheck[]
    return { id, kind: 'scan', every: members[0]!.every, table: members[0]!.table, checks: members }
  })
  const alone = checks.flatMap((check): readonly Unit[] => {
    if (check.kind === 'query') return [{ id: check.id, every: check.every, kind: 'query', checks: [check] }]
    if (check.kind === 'inspect')
      return [{ id: check.id, every: check.every, kind: 'inspect', checks: [check] }]
    if (check.kind === 'probe') {
      const { id, every, startsAfter } = check
      return [
        { id, every, kind: 'probe', checks: [check], ...(startsAfter === undefined ? {} : { startsAfter }) },
      ]
    }
    return []
  })
  return [...shared, ...alone]
}
