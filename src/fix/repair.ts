import type { DatabaseCheck } from '../catalogue/check.ts'
import { isRowFix, type RowFix } from '../catalogue/fix.ts'
import type { Policy } from '../catalogue/policy.ts'
import type { Table } from '../catalogue/tables.ts'
import type { Names, ResolvedTable } from '../database/names.ts'
import { NotHere, queryScope, type ScopeOptions, scanScope } from '../database/scope.ts'
import { identifier, join, qualified, raw, type Sql, sql } from '../database/sql.ts'
import { planUnits } from '../scan/plan.ts'
import { offendersOf } from '../scan/select.ts'

/** The fix of one check, in the names of one database and as of one instant: the rows it is about never become more. */
export interface Repair {
  readonly fix: RowFix
  /** Quoted and qualified. */
  readonly table: string
  readonly count: Sql
  /** The ids of the next rows as text, in the order of the ids; `after` is the last id of the batch before. */
  batch(options: { readonly size: number; readonly after: string | undefined }): Sql
  /** The change of rows with these ids. */
  change(ids: readonly string[]): Sql
  /** The same for one batch in one statement, without a cursor. */
  statement(size: number): Sql
}

export interface RepairOptions {
  readonly names: Names
  readonly asOf: Date
  readonly policy: Policy
  readonly canaries: readonly string[]
  /** Rows that somebody decided to live with. */
  readonly waived: readonly string[]
}

/** Undefined when no mechanical fix is right for the check. Throws NotHere when the check does not apply here. */
export function repairOf(check: DatabaseCheck, options: RepairOptions): Repair | undefined {
  const { fix } = check
  if (!isRowFix(fix) || check.kind === 'inspect') return undefined
  const table: Table | undefined = check.kind === 'scan' ? check.table : check.rowsOf
  if (table === undefined) return undefined
  const names = tablesBehind(options.names)
  const found = names.tables.get(table)
  if (found?.isTable === false)
    throw new NotHere(`only a view of ${table} is visible, which cannot be changed`)
  const scope: ScopeOptions = { ...options, names }
  const offenders = offendersIn(check, scope)
  const id = found?.columns.get('id')
  if (offenders === undefined || found === undefined || id === undefined)
    throw new NotHere(`this database has no ${table} rows with an id`)
  const waived = [...options.waived]
  const rows =
    waived.length === 0
      ? offenders
      : sql`select * from (${offenders}) as o where o."id"::text <> all(${waived}::text[])`
  const own = identifier(id.name)
  const change = changeOf(fix, { table, found, asOf: sql`${options.asOf.toISOString()}::timestamptz` })
  const type = raw(id.type)
  return {
    fix,
    table: qualified(found.schema, found.name).sql,
    count: sql`select count(*)::float8 as rows from (${rows}) as r`,
    batch: ({ size, after }) => {
      const from = after === undefined ? sql`true` : sql`r."id" > ${after}::text::${type}`
      return sql`select r."id"::text as id from (${rows}) as r where ${from} order by r."id" limit ${size}`
    },
    change: (ids) => sql`${change} where ${own} = any(${[...ids]}::text[]::${type}[])`,
    statement: (size) =>
      sql`${change} where ${own} in (select r."id" from (${rows}) as r order by r."id" limit ${size})`,
  }
}

/** Whoever may change a table can read it; what the watching role may read does not matter here. */
function tablesBehind(names: Names): Names {
  const tables = [...names.base].map(([name, found]) => {
    const columns = [...found.columns].map(
      ([logical, each]) => [logical, { ...each, readable: true }] as const,
    )
    return [name, { ...found, columns: new Map(columns), derived: new Map() }] as const
  })
  return { ...names, tables: new Map(tables) }
}

function offendersIn(check: DatabaseCheck, scope: ScopeOptions): Sql | undefined {
  const [unit] = planUnits([check])
  if (unit?.kind === 'query') return unit.checks[0].offenders?.(queryScope(scope))
  if (unit?.kind !== 'scan') return undefined
  return offendersOf(unit.checks[0]!, scanScope(scope, unit.table))
}

function changeOf(
  fix: RowFix,
  options: { readonly table: Table; readonly found: ResolvedTable; readonly asOf: Sql },
): Sql {
  const { table, found, asOf } = options
  const target = qualified(found.schema, found.name)
  if (fix.action === 'delete') return sql`delete from ${target}`
  const values = Object.entries(fix.set({ asOf })).flatMap(([logical, value]) => {
    const column = found.columns.get(logical)
    if (column !== undefined) return [sql`${identifier(column.name)} = ${value}`]
    if (logical === 'updatedAt') return []
    throw new NotHere(`this database has no column ${table}.${logical}`)
  })
  return sql`update ${target} set ${join(values, ', ')}`
}
