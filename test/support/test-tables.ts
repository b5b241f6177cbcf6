import pg from 'pg'
import { REFERENCES, type Row, rowDefaults } from './row-defaults.ts'
import type { LogicalTable, Naming, TestSchema } from './schemas/test-schema.ts'

export interface PhysicalTable {
  /** Quoted and qualified by its schema. */
  readonly table: string
  /** The quoted name of the column that better-auth calls `logical`. */
  column(logical: string): string
}

/** Writes rows by better-auth's logical names, whatever the database calls them. */
export interface TestTables {
  /**
   * Inserts one row; the fields that are not given get what better-auth would have written for a healthy application.
   * A reference that is not given (`userId`, `organizationId`, `referenceId`, …) is to a row made for it; one that
   * is given need not exist. A date goes into any kind of time column. Returns the id. A column that this schema
   * lacks is an error unless its value is undefined.
   */
  insert(table: LogicalTable, row?: Row): Promise<string>
  /** Sets columns of one row, without regard to foreign keys. An error when there is no such row. */
  update(table: LogicalTable, id: string, row: Row): Promise<void>
  /** Deletes one row, and by the schema's foreign keys what belongs to it. An error when there is no such row. */
  remove(table: LogicalTable, id: string): Promise<void>
  /** The real names, for SQL of the test's own. An error for a table or column that this schema lacks. */
  physical(table: LogicalTable): PhysicalTable
}

interface Context {
  readonly pool: pg.Pool
  readonly naming: Naming
  readonly schema: TestSchema
  readonly now: () => Date
  /** Data types by column by table, all by their real names. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly nextNumber: () => number
}

export async function openTestTables(options: {
  readonly pool: pg.Pool
  readonly naming: Naming
  readonly schema: TestSchema
  readonly now: () => Date
}): Promise<TestTables> {
  let number = 0
  const columns = await readColumns(options.pool, options.schema.postgresSchema)
  const context: Context = { ...options, columns, nextNumber: () => ++number }
  return {
    insert: (table, row = {}) =>
      inReplicaRole(context.pool, (client) => insert(context, client, { table, row })),
    update: (table, id, row) =>
      inReplicaRole(context.pool, (client) => update(context, client, { table, id, row })),
    remove: (table, id) => remove(context, { table, id }),
    physical: (table) => physical(context, table),
  }
}

async function readColumns(
  pool: pg.Pool,
  postgresSchema: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { rows } = await pool.query<{ table: string; column: string; type: string }>(
    `select table_name as "table", column_name as "column", data_type as "type"
       from information_schema.columns where table_schema = $1`,
    [postgresSchema],
  )
  const tables = new Map<string, Map<string, string>>()
  for (const { table, column, type } of rows) {
    tables.set(table, (tables.get(table) ?? new Map<string, string>()).set(column, type))
  }
  return tables
}

/** As a replica applies changes: foreign keys are not enforced, so that broken rows can be made. */
async function inReplicaRole<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin; set local session_replication_role = replica')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (cause) {
    await client.query('rollback').catch(() => {})
    throw cause
  } finally {
    client.release()
  }
}

async function insert(
  context: Context,
  client: pg.PoolClient,
  { table, row }: { readonly table: LogicalTable; readonly row: Row },
): Promise<string> {
  const given: Record<string, unknown> = withoutUndefined(row)
  const { table: into, column } = physical(context, table)
  // Checked before a row is made for a reference, so that the error is about the row that was asked for.
  for (const logical of Object.keys(given)) column(logical)
  for (const [logical, parent] of Object.entries(REFERENCES[table])) {
    if (!(logical in given)) given[logical] = await insert(context, client, { table: parent, row: {} })
  }
  const id = String(given.id ?? `${table}-${String(context.nextNumber()).padStart(6, '0')}`)
  const defaults = rowDefaults(table, { id, now: context.now(), given })
  const known = Object.entries(defaults).filter(([logical]) => typeOf(context, table, logical) !== undefined)
  const values = Object.entries({ ...Object.fromEntries(known), ...given, id })
  const names = values.map(([logical]) => column(logical)).join(', ')
  const places = values.map((_, index) => `$${index + 1}`).join(', ')
  const parameters = values.map(([logical, value]) => toParameter(value, typeOf(context, table, logical)))
  await client.query(`insert into ${into} (${names}) values (${places})`, parameters)
  return id
}

async function update(
  context: Context,
  client: pg.PoolClient,
  { table, id, row }: { readonly table: LogicalTable; readonly id: string; readonly row: Row },
): Promise<void> {
  const values = Object.entries(withoutUndefined(row))
  const { table: target, column } = physical(context, table)
  const settings = values.map(([logical], index) => `${column(logical)} = $${index + 2}`).join(', ')
  const parameters = values.map(([logical, value]) => toParameter(value, typeOf(context, table, logical)))
  const text = `update ${target} set ${settings} where ${column('id')} = $1`
  mustTouchOne(await client.query(text, [id, ...parameters]), { table, id })
}

async function remove(
  context: Context,
  { table, id }: { readonly table: LogicalTable; readonly id: string },
): Promise<void> {
  const { table: target, column } = physical(context, table)
  mustTouchOne(await context.pool.query(`delete from ${target} where ${column('id')} = $1`, [id]), {
    table,
    id,
  })
}

function mustTouchOne(
  { rowCount }: pg.QueryResult,
  { table, id }: { readonly table: LogicalTable; readonly id: string },
): void {
  if (rowCount !== 1) throw new Error(`There is no ${table} with the id ${id}`)
}

function physical(context: Context, table: LogicalTable): PhysicalTable {
  const { schema, naming } = context
  const name = schema.tables[table]
  if (name === undefined) throw new Error(`The schema ${naming} has no table for ${table}`)
  return {
    table: `${pg.escapeIdentifier(schema.postgresSchema)}.${pg.escapeIdentifier(name)}`,
    column(logical) {
      if (typeOf(context, table, logical) === undefined) {
        throw new Error(`The schema ${naming} has no column for ${table}.${logical}`)
      }
      return pg.escapeIdentifier(schema.column(table, logical))
    },
  }
}

function typeOf({ schema, columns }: Context, table: LogicalTable, logical: string): string | undefined {
  const name = schema.tables[table]
  return name === undefined ? undefined : columns.get(name)?.get(schema.column(table, logical))
}

/** Times go out as text in UTC, which is also what a column without a time zone is to hold. */
function toParameter(value: unknown, type: string | undefined): unknown {
  if (!(value instanceof Date)) return value
  return type === 'bigint' ? value.getTime() : value.toISOString()
}

function withoutUndefined(row: Row): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}
