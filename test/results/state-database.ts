import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { administer, databaseUrl } from '../support/bench-server.ts'

export interface StateDatabase extends AsyncDisposable {
  readonly name: string
  /** The owner's. */
  readonly url: string
  /** In authwatch's schema. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** A new, empty database on the run's PostgreSQL, as an operator would hand it to authwatch. */
export async function stateDatabase(settings: Readonly<Record<string, string>> = {}): Promise<StateDatabase> {
  const server = inject('benchServer')
  const name = `state_${randomBytes(6).toString('hex')}`
  const set = Object.entries(settings).map(
    ([key, value]) => `alter database ${name} set ${key} to ${pg.escapeLiteral(value)}`,
  )
  await administer(server, [`create database ${name} template template0`, ...set])
  const url = databaseUrl(server, name)
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 10_000,
    query_timeout: 20_000,
    options: '-c search_path=authwatch -c TimeZone=UTC',
  })
  pool.on('error', () => {})
  return {
    name,
    url,
    query: async (sql, values = []) => (await pool.query(sql, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await pool.end()
      await administer(server, [`drop database if exists ${name} with (force)`])
    },
  }
}
