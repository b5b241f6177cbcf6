import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { administer, type BenchServer, databaseUrl, templateName } from './bench-server.ts'
import { readOnlyRole } from './read-only-role.ts'
import { SCHEMAS } from './schemas/index.ts'
import type { Naming } from './schemas/test-schema.ts'
import { openTestTables, type TestTables } from './test-tables.ts'

export type { LogicalTable, Naming } from './schemas/test-schema.ts'

export interface TestDatabase extends TestTables, AsyncDisposable {
  readonly name: string
  /** The owner's, who is the superuser. */
  readonly url: string
  readonly naming: Naming
  /** Times without time zone are read as UTC, as the applications mean them. */
  query<R>(sql: string, values?: readonly unknown[]): Promise<R[]>
  /** The URL of a login role that may only SELECT, on all tables that exist here now. */
  readOnlyUrl(): Promise<string>
}

export interface TestDatabaseOptions {
  /** The time in rows whose times are not given. Default: the clock's. */
  readonly now?: Date
  /** Settings of the database itself, which every session starts with, such as `TimeZone`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A new database with the tables of that naming, empty, on the run's PostgreSQL. Dropped when disposed. */
export async function testDatabase(
  naming: Naming = 'camelCase',
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  return await cloneTemplate({ server: inject('benchServer'), naming, options })
}

/** {@link testDatabase} on any server that has the template. */
export async function cloneTemplate(clone: {
  readonly server: BenchServer
  readonly naming: Naming
  readonly options?: TestDatabaseOptions
}): Promise<TestDatabase> {
  const { server, naming, options = {} } = clone
  const name = `test_${naming.toLowerCase()}_${randomBytes(6).toString('hex')}`
  const quoted = pg.escapeIdentifier(name)
  const settings = Object.entries(options.settings ?? {}).map(
    ([key, value]) =>
      `alter database ${quoted} set ${pg.escapeIdentifier(key)} to ${pg.escapeLiteral(value)}`,
  )
  const template = pg.escapeIdentifier(templateName(naming))
  await administer(server, [`create database ${quoted} template ${template}`, ...settings])
  const pool = openPool(databaseUrl(server, name))
  const schema = SCHEMAS[naming]
  const role = readOnlyRole({ server, database: name, postgresSchema: schema.postgresSchema })
  const dispose = async () => {
    if (!pool.ending) await pool.end()
    await administer(server, [`drop database if exists ${quoted} with (force)`, ...role.dropStatements()])
  }
  const now = () => options.now ?? new Date()
  const tables = await openTestTables({ pool, naming, schema, now }).catch(async (cause: unknown) => {
    await dispose()
    throw cause
  })
  return {
    ...tables,
    name,
    url: databaseUrl(server, name),
    naming,
    async query<R>(sql: string, values: readonly unknown[] = []) {
      const { rows } = await pool.query(sql, [...values])
      // What a query returns only its caller knows; the driver's own type parameter refuses interfaces.
      return rows as R[]
    },
    readOnlyUrl: () => role.grant(pool),
    [Symbol.asyncDispose]: dispose,
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
    application_name: 'test',
    types: { getTypeParser },
  })
  // Tests stop servers and end sessions on purpose; the next query says so.
  pool.on('error', () => {})
  return pool
}

/** PostgreSQL's own numbers for its two kinds of time (pg_type.dat). */
const TIMESTAMP = 1114
const TIMESTAMPTZ = 1184

/** The driver's own, but for a time without time zone, which it would read as local time. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid !== TIMESTAMP || format === 'binary') return pg.types.getTypeParser(oid, 'text')
  const parse = pg.types.getTypeParser(TIMESTAMPTZ, 'text')
  return (value) => parse(value.endsWith('infinity') ? value : `${value}+00`)
}
