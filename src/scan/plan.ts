import type {
  Check,
  DatabaseCheck,
  InspectCheck,
  QueryCheck,
  RowSource,
  ScanCheck,
} from '../catalogue/check.ts'
import { type Duration, milliseconds, seconds } from '../catalogue/duration.ts'
import { groupBy } from '../catalogue/group-by.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Table } from '../catalogue/tables.ts'

/** A scan check of whichever table. The planner is the one place that does not care which. */
export type AnyScanCheck = ScanCheck<Table, string>

/** A query check whose numbers come out of a pass that others share. */
export type SharedCheck = QueryCheck<string> & Required<Pick<QueryCheck<string>, 'shared'>>

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
    | { readonly kind: 'shared'; readonly source: RowSource; readonly checks: readonly SharedCheck[] }
    | { readonly kind: 'inspect'; readonly checks: readonly [InspectCheck] }
  )

/** Runs on a server, or once for the whole fleet. */
export type ProbeUnit = UnitMeta & { readonly kind: 'probe'; readonly checks: readonly [ProbeCheck] }

const isShared = (check: Check): check is SharedCheck => check.kind === 'query' && check.shared !== undefined
const isScan = (check: Check): check is Extract<Check, { kind: 'scan' }> => check.kind === 'scan'

/** Checks that count the same rows at the same times; one that is left alone there runs as any other query does. */
function sharedUnits(checks: readonly Check[]): readonly Unit[] {
  const groups = groupBy(
    checks.filter(isShared),
    ({ shared, every }) => `rows.${shared.source.id}.${seconds(every)}s`,
  )
  return [...groups].flatMap(([id, group]): readonly Unit[] => {
    const [first, ...others] = group
    if (first === undefined || others.length === 0) return []
    return [{ id, kind: 'shared', every: first.every, source: first.shared.source, checks: group }]
  })
}

/**
 * Groups checks into units. Scan checks over one table that are due at the same times share one unit; its id is
 * made of both, so that it stays the same while checks join or leave. So do query checks that count the same rows.
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
  const together = sharedUnits(checks)
  const placed = new Set(together.flatMap((unit) => unit.checks.map(({ id }) => id)))
  const alone = checks.flatMap((check): readonly Unit[] => {
    if (placed.has(check.id)) return []
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
  return [...shared, ...together, ...alone]
}

/** Milliseconds that one statement of the unit may take. One that stands for a statement of each check has their time. */
export function timeoutOf({ kind, checks }: Unit): number {
  const each = checks.map(({ timeout }) => milliseconds(timeout))
  return kind === 'shared' ? each.reduce((sum, one) => sum + one, 0) : Math.max(...each)
}
