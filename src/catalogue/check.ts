import type { Sql } from 'sql-template-tag'
import { type Condition, gravestFirst, type Severity } from './condition.ts'
import type { Duration } from './duration.ts'
import type { Family, LabelsOf } from './family.ts'
import type { Fix } from './fix.ts'
import type { CheckId } from './naming.ts'
import type { Policy } from './policy.ts'
import type { ProbeCheck } from './probe.ts'
import type { Finding } from './result.ts'
import type { AnyShownColumn, Column, SecretColumn, ShownColumn, Table } from './tables.ts'

/** Leaving a check without an alert is a decision, so it carries its reason. */
export interface NoAlert {
  readonly none: string
}

/** What a check says about itself. `M` names the numbers it reports. Nothing here runs. */
export interface CheckMeta<M extends string = string> {
  readonly id: CheckId
  /** The bad condition as a sentence: what is true when the check fails. */
  readonly title: string
  readonly every: Duration
  /** After this the database is told to stop and the result is `error`. */
  readonly timeout: Duration
  readonly alerts: readonly [Condition<NoInfer<M>>, ...Condition<NoInfer<M>>[]] | NoAlert
  /** What mends it. Absent: it depends on the cause, which the runbook helps to find. */
  readonly fix?: Fix
}

/** A number exported beside the verdict, as one series of a family. */
export interface Gauge<F extends Family = Family> {
  readonly family: F
  readonly labels: LabelsOf<F>
}

/** Facts about a secret column, derived inside the database so that the secret itself never leaves it. */
export interface SecretFacts {
  /** Boolean: the column is not null and not empty. */
  readonly present: Sql
  /** Text that is equal for equal secrets and tells nothing else. */
  readonly digest: Sql
  /** Characters. */
  readonly length: Sql
}

/** One table as this deployment names it. Reading a column it lacks makes the check `skipped`. */
export interface TableRef<T extends Table> {
  /** For `from`: the table with its alias, without the rows of canary users. */
  readonly from: Sql
  readonly col: Readonly<Record<Column<T>, Sql>>
  readonly secret: Readonly<Record<SecretColumn<T>, SecretFacts>>
  has(column: Column<T>): boolean
}

/** The instant and the rules a run is about. SQL never asks the clock itself. */
export interface Moment {
  readonly asOf: Sql
  /** `asOf` minus a duration. */
  ago(duration: Duration): Sql
  /** `asOf` plus a duration. */
  ahead(duration: Duration): Sql
  readonly policy: Policy
}

export interface ScanScope<T extends Table> extends TableRef<T>, Moment {}

export interface QueryScope extends Moment {
  /** A table under an alias of the check's choosing. Absent table: the check is `skipped`. */
  table<T extends Table>(name: T, alias: string): TableRef<T>
  has(table: Table): boolean
}

/** A check whose numbers are aggregates over one table. Such checks share one pass over it. */
export interface ScanSpec<T extends Table, M extends string> extends CheckMeta<M | 'offenders'> {
  readonly table: T
  /** The predicate that makes a row an offender: counted in the shared pass, listed only after a failure. */
  offenders?(scope: ScanScope<T>): Sql
  /** Columns of a finding; the first is the row's own id. */
  readonly show?: readonly ['id', ...ShownColumn<T>[]]
  readonly gauges?: Readonly<Record<M, Gauge & { aggregate(scope: ScanScope<T>): Sql }>>
}

/** Rows that several checks count: those with the same source and schedule share one pass over them. */
export interface RowSource {
  readonly id: string
  /** A `select`. Where it cannot be written, for want of a table or a right, each of the checks counts alone. */
  rows(scope: QueryScope): Sql
}

/** A check that needs a join or an index of its own. */
export interface QuerySpec<M extends string> extends CheckMeta<M | 'offenders'> {
  /** The table that the offenders' ids are of. */
  readonly rowsOf?: Table
  /** A `select` with one row for each offender, its columns named as in `show`. */
  offenders?(scope: QueryScope): Sql
  readonly show?: readonly ['id', ...AnyShownColumn[]]
  readonly gauges?: Readonly<Record<M, Gauge>>
  /**
   * A `select` of exactly one row, its columns named as the gauges are. Where the offenders come out of the same pass it
   * has them too, as `offenders`; else they are counted apart.
   */
  measure?(scope: QueryScope): Sql
  /** What the check comes to alone, as aggregates over rows that are called `r` and counted for other checks too. */
  readonly shared?: {
    readonly source: RowSource
    aggregates(scope: QueryScope): Readonly<Record<NoInfer<M> | 'offenders', Sql>>
  }
}

/** A check of the schema itself: no rows are read, only PostgreSQL's catalogue. */
export interface InspectSpec extends CheckMeta<'offenders'> {
  inspect(schema: SchemaFacts): readonly Finding[]
}

/** The database's shape as the inspecting checks see it. */
export interface SchemaFacts {
  readonly tables: Partial<Readonly<Record<Table, TableFacts>>>
  /** Oldest better-auth version, as `major.minor`, whose schema has everything found here. */
  readonly version: string
  readonly policy: Policy
}
export interface TableFacts {
  /** Schema-qualified, as the deployment spells it. */
  readonly name: string
  /** False for views, whose columns are the deployment's choice. */
  readonly isTable: boolean
  /** By logical name. */
  readonly columns: Readonly<Record<string, { readonly name: string; readonly type: string }>>
  /** Logical names of the leading columns of each valid index. */
  readonly indexes: readonly { readonly columns: readonly string[]; readonly unique: boolean }[]
}

export type ScanCheck<T extends Table = Table, M extends string = string> = ScanSpec<T, M> & {
  readonly kind: 'scan'
}
export type QueryCheck<M extends string = string> = QuerySpec<M> & { readonly kind: 'query' }
export type InspectCheck = InspectSpec & { readonly kind: 'inspect' }

/** The inside view: what looks at the application's database. */
export type DatabaseCheck = { [T in Table]: ScanCheck<T> }[Table] | QueryCheck | InspectCheck

/** Everything that can be watched, from inside and from outside. */
export type Check = DatabaseCheck | ProbeCheck

/** Whether a check looks at the database rather than at a server. */
export function isDatabaseCheck(check: Check): check is DatabaseCheck {
  return check.kind !== 'probe'
}

export function isProbeCheck(check: Check): check is ProbeCheck {
  return check.kind === 'probe'
}

export function scanCheck<T extends Table, M extends string = never>(check: ScanSpec<T, M>): ScanCheck<T, M> {
  return { kind: 'scan', ...check }
}

export function queryCheck<M extends string = never>(check: QuerySpec<M>): QueryCheck<M> {
  return { kind: 'query', ...check }
}

export function inspectCheck(check: InspectSpec): InspectCheck {
  return { kind: 'inspect', ...check }
}

/** Binds a gauge to its family so that label values are checked where the check is written. */
export function gauge<F extends Family>(family: F, labels: LabelsOf<F>): Gauge<F> {
  return { family, labels }
}

/** The conditions of a check; none when it argues why it has no alert. */
export function conditionsOf(check: CheckMeta): readonly Condition[] {
  return 'none' in check.alerts ? [] : check.alerts
}

/** The gravest severity that a check can fail with; undefined when it cannot. */
export function severityOf(check: CheckMeta): Severity | undefined {
  return conditionsOf(check)
    .map(({ severity }) => severity)
    .toSorted(gravestFirst)[0]
}
