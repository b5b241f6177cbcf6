import pg from 'pg'
import { SUPERUSER } from './cluster.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const CONNECT_TIMEOUT_MS = 5_000

/** How the superuser reaches a server on this machine. */
export interface Address {
  readonly port: number
  readonly password: string
}

export function urlOf({ port, password }: Address, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/** Does nothing if the database exists. */
export async function createDatabase(address: Address, name: string): Promise<void> {
  if (Buffer.byteLength(name) > 63) throw new RangeError('PostgreSQL cuts names at 63 bytes.')
  const client = clientFor(address)
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) return
    await client.query(`create database ${pg.escapeIdentifier(name)}`)
  } catch (cause) {
    // 42P04 duplicate_database; 23505 when another session makes it in the same moment.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== '42P04' && code !== '23505') throw cause
  } finally {
    await client.end()
  }
}

function clientFor(address: Address): pg.Client {
  const client = new pg.Client({
    connectionString: urlOf(address, 'postgres'),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: 60_000,
  })
  // Without a listener, a server that stops meanwhile would end our process.
  client.on('error', () => {})
  return client
}

/** @throws EmbeddedPostgresError when the server answers, but not to our password */
export async function accepts(address: Address): Promise<boolean> {
  const client = clientFor(address)
  try {
    await client.connect()
    return true
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    // 28P01 invalid_password
    if (code !== '28P01') return false
    const message = `The server on port ${address.port} does not accept the password kept beside its files.`
    throw new EmbeddedPostgresError('ERR_EMBEDDED_START', message, { cause })
  } finally {
    await client.end().catch(() => {})
  }
}
