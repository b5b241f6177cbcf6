import type { Moment, QueryScope, ScanScope, SchemaFacts, SecretFacts, TableRef } from '../catalogue/check.ts'
import { type Duration, milliseconds } from '../catalogue/duration.ts'
import type { Policy } from '../catalogue/policy.ts'
import { type Column, type SecretColumn, type Table, type TableSpec, tables } from '../catalogue/tables.ts'
import { detectVersion } from './detect-version.ts'
import { DatabaseError } from './errors.ts'
import type { Names, ResolvedColumn, ResolvedTable } from './names.ts'
import { identifier, join, qualified, type Sql, sql } from './sql.ts'

/** Thrown while a check writes its SQL: this database has no such table or column, so the check does not apply. */
export class NotHere extends Error {
  override readonly name = 'NotHere'
}

/** The user id column by which a table's rows belong to a person; canary users are left out by it. */
const OWNER: Partial<Readonly<Record<Table, string>>> = {
  user: 'id',
  session: 'userId',
  account: 'userId',
  member: 'userId',
  apiKey: 'referenceId',
  twoFactor: 'userId',
}

export interface ScopeOptions {
  readonly names: Names
  readonly asOf: Date
  readonly policy: Policy
  /** Ids of users that authwatch itself signs in with: they are in no count and no finding. */
  readonly canaries: readonly string[]
  /** Rows of one table, by id, that are to be left out too. */
  readonly without?: { readonly table: Table; readonly ids: readonly string[] } | undefined
}

function readable(table: Table, column: string, { name, readable }: ResolvedColumn): string {
  if (readable) return name
  throw new DatabaseError(
    'ERR_PERMISSION',
    `the role may not select ${table}.${column} (column "${name}"); \`authwatch grants\` prints the rights it takes`,
  )
}

function missing(table: Table, column: string): NotHere {
  return new NotHere(`this database has no column ${table}.${column}`)
}

function resolved(names: Names, table: Table): ResolvedTable {
  const found = names.tables.get(table)
  if (found !== undefined) return found
  const spec: TableSpec = tables[table]
  const why = spec.plugin === undefined ? '' : `: the ${spec.plugin} plugin is not in use`
  throw new NotHere(`this database has no ${table} table${why}`)
}

function source(table: Table, found: ResolvedTable, { canaries, without }: ScopeOptions): Sql {
  const from = qualified(found.schema, found.name)
  const hidden = [
    { column: OWNER[table], ids: canaries },
    { column: 'id', ids: without?.table === table ? without.ids : [] },
  ]
  const conditions = hidden.flatMap(({ column, ids }) => {
    const own = column === undefined ? undefined : found.columns.get(column)
    if (own === undefined || ids.length === 0) return []
    const name = identifier(own.name)
    return [sql`(${name} is null or ${name}::text <> all(${[...ids]}::text[]))`]
  })
  if (conditions.length === 0) return from
  const all = [...found.columns.values(), ...found.derived.values()].filter((each) => each.readable)
  const list = join([...new Set(all.map(({ name }) => name))].map(identifier), ', ')
  return sql`(select ${list} from ${from} where ${join(conditions, ' and ')})`
}

/** Lets a check reach only columns that exist, each quoted and behind its alias. */
function columnsBehind<T extends Table>(
  table: T,
  found: ResolvedTable,
  alias: Sql,
): Readonly<Record<Column<T>, Sql>> {
  const get = (_: object, name: string | symbol): Sql => {
    const column = found.columns.get(String(name))
    if (column === undefined) throw missing(table, String(name))
    return sql`${alias}.${identifier(readable(table, String(name), column))}`
  }
  return new Proxy<Readonly<Record<Column<T>, Sql>>>({} as Readonly<Record<Column<T>, Sql>>, { get })
}

function secretFacts(table: Table, found: ResolvedTable, alias: Sql, secret: string): SecretFacts {
  const derived = (fact: 'present' | 'digest' | 'length', expression: (column: Sql) => Sql): Sql => {
    const inView = found.derived.get(`${secret}_${fact}`)
    if (inView !== undefined) return sql`${alias}.${identifier(readable(table, secret, inView))}`
    const column = found.columns.get(secret)
    if (column === undefined) throw missing(table, secret)
    return expression(sql`${alias}.${identifier(readable(table, secret, column))}`)
  }
  return {
    get present() {
      return derived('present', (column) => sql`coalesce(${column} <> '', false)`)
    },
    get digest() {
      return derived('digest', (column) => sql`md5(${column})`)
    },
    get length() {
      return derived('length', (column) => sql`length(${column})`)
    },
  }
}

function secretsBehind<T extends Table>(table: T, found: ResolvedTable, alias: Sql) {
  const get = (_: object, name: string | symbol) => secretFacts(table, found, alias, String(name))
  type Facts = Readonly<Record<SecretColumn<T>, SecretFacts>>
  return new Proxy<Facts>({} as Facts, { get })
}

function tableRef<T extends Table>(options: ScopeOptions, table: T, aliasName: string): TableRef<T> {
  // The table may be there all the same, and its emptiness would look like good health.
  if (table === 'session' && options.policy.sessionStorage === 'secondary')
    throw new NotHere('sessions live in secondary storage (policy.sessionStorage)')
  const found = resolved(options.names, table)
  const alias = identifier(aliasName)
  return {
    from: sql`${source(table, found, options)} as ${alias}`,
    col: columnsBehind(table, found, alias),
    secret: secretsBehind(table, found, alias),
    has: (column) => found.columns.has(column),
  }
}

function moment({ asOf, policy }: ScopeOptions): Moment {
  const instant = (milliseconds: number): Sql => sql`${new Date(milliseconds).toISOString()}::timestamptz`
  const shifted = (direction: 1 | -1) => (duration: Duration) =>
    instant(asOf.getTime() + direction * milliseconds(duration))
  return { asOf: instant(asOf.getTime()), ago: shifted(-1), ahead: shifted(1), policy }
}

/** What a scan check writes its SQL with. Throws NotHere when the table is absent. */
export function scanScope<T extends Table>(options: ScopeOptions, table: T): ScanScope<T> {
  return { ...tableRef(options, table, 't'), ...moment(options) }
}

/** What a query check writes its SQL with. */
export function queryScope(options: ScopeOptions): QueryScope {
  return {
    ...moment(options),
    table: (name, alias) => tableRef(options, name, alias),
    has: (table) => options.names.tables.has(table),
  }
}

/** What an inspecting check judges. */
export function schemaFacts({ names, policy }: ScopeOptions): SchemaFacts {
  if ([...names.base.values()].every(({ isTable }) => !isTable))
    throw new NotHere('only views are visible; their tables cannot be inspected')
  const facts = [...names.base].map(([table, found]) => {
    const columns = Object.fromEntries(found.columns)
    const entry = {
      name: `${found.schema}.${found.name}`,
      isTable: found.isTable,
      columns,
      indexes: found.indexes,
    }
    return [table, entry] as const
  })
  return { tables: Object.fromEntries(facts), version: detectVersion(names.base), policy }
}
