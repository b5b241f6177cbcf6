import { createHash } from 'node:crypto'
import { type Column, columnsOf, type SecretColumn, type Table } from '../catalogue/tables.ts'
import type { Reader, Row } from './connect.ts'
import type { Names, ResolvedColumn, ResolvedTable } from './names.ts'
import { NotHere } from './scope.ts'
import { identifier, join, qualified, type Sql, sql } from './sql.ts'

/** One table's columns, as conditions. Throws NotHere for a column that is not there or that the role may not read. */
export interface Conditions<T extends Table> {
  column(name: Column<T>): Sql
  /** The column holds this text, whichever type it has; in a form that an index answers. */
  is(name: Column<T>, value: string): Sql
  /** The secret column holds this value, which is compared in the database and never selected. */
  holds(name: SecretColumn<T>, value: string): Sql
  /** MD5 of the secret column in hexadecimal, for a value that must not travel. No index answers it. */
  digest(name: SecretColumn<T>): Sql
  /** The secret column is null or empty. */
  lacks(name: SecretColumn<T>): Sql
}

export interface RowsWanted<T extends Table> {
  readonly table: T
  where(conditions: Conditions<T>): Sql
  orderBy?(conditions: Conditions<T>): Sql
  readonly limit: number
}

/**
 * Rows of one table by better-auth's own names, with the columns that may be shown and no others: ids as text, times as
 * dates in UTC. Throws NotHere when the table is absent.
 */
export async function selectRows<T extends Table>(
  { reader, names }: { readonly reader: Reader; readonly names: Names },
  { table, where, orderBy, limit }: RowsWanted<T>,
): Promise<readonly Row[]> {
  const found = names.tables.get(table)
  if (found === undefined) throw new NotHere(`this database has no ${table} table`)
  const conditions = conditionsOn<T>(table, found)
  const order = orderBy === undefined ? sql`` : sql`order by ${orderBy(conditions)}`
  return reader.query(sql`
    select ${join(shownColumns(table, found), ', ')} from ${qualified(found.schema, found.name)}
     where ${where(conditions)} ${order} limit ${limit}`)
}

/** Views have other columns for a secret: `token_digest` and the like. */
function conditionsOn<T extends Table>(table: Table, found: ResolvedTable): Conditions<T> {
  const resolved = (name: string): ResolvedColumn => {
    const column = found.columns.get(name)
    if (column === undefined) throw new NotHere(`this database has no column ${table}.${name}`)
    if (!column.readable) throw new NotHere(`the role may not read ${table}.${name}`)
    return column
  }
  const digest = (name: string): Sql => {
    const column = found.columns.get(name)
    if (column?.readable === true) return sql`md5(${identifier(column.name)})`
    const derived = found.derived.get(`${name}_digest`)
    if (derived?.readable !== true) throw new NotHere(`the role may not compare ${table}.${name}`)
    return identifier(derived.name)
  }
  return {
    column: (name) => identifier(resolved(name).name),
    is: (name, value) => equals(resolved(name), value),
    holds: (name, value) => {
      const column = found.columns.get(name)
      if (column?.readable === true) return equals(column, value)
      return sql`${digest(name)} = ${createHash('md5').update(value).digest('hex')}`
    },
    digest,
    lacks: (name) => {
      const column = found.columns.get(name)
      if (column?.readable === true) return sql`coalesce(${identifier(column.name)}, '') = ''`
      const present = found.derived.get(`${name}_present`)
      if (present?.readable !== true)
        throw new NotHere(`the role may not see whether there is ${table}.${name}`)
      return sql`${identifier(present.name)} is not true`
    },
  }
}

/** A text that the type does not take would end the transaction; no row holds it. */
function equals({ name, type }: ResolvedColumn, value: string): Sql {
  const column = identifier(name)
  if (type === 'uuid') return /^[0-9a-f-]{36}$/i.test(value) ? sql`${column} = ${value}::uuid` : sql`false`
  if (/^(integer|bigint)$/.test(type)) {
    return /^\d{1,9}$/.test(value) ? sql`${column} = ${Number(value)}` : sql`false`
  }
  return /^(text|character)/.test(type) ? sql`${column} = ${value}` : sql`${column}::text = ${value}`
}

function shownColumns(table: Table, found: ResolvedTable): readonly Sql[] {
  return columnsOf(table).flatMap(({ name, spec, privacy }) => {
    const resolved = found.columns.get(name)
    if (privacy !== 'shown' || resolved?.readable !== true) return []
    const as = { time: sql`::timestamptz`, text: sql`::text`, integer: sql`::float8`, boolean: sql`` }[
      spec.type
    ]
    return [sql`${identifier(resolved.name)}${as} as ${identifier(name)}`]
  })
}
