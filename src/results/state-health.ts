import pg from 'pg'
import { READ_LEDGER } from './migrate.ts'
import { type LedgerEntry, pendingMigrations } from './pending-migrations.ts'
import { readMigrations } from './read-migrations.ts'
import { connectionConfig, type StateAddress } from './state-address.ts'
import { stateError } from './state-error.ts'
import { withinDeadline } from './within-deadline.ts'

const LIMITS = { statementTimeoutMs: 3_000, silenceMs: 4_000 }
const TIMEOUT_MS = 8_000
const GOODBYE_MS = 1_000

/** How the state database is, seen without changing anything. */
export interface StateHealth {
  /** The server's clock, milliseconds since the epoch. */
  readonly now: number
  /** Names of migrations that are yet to be applied; all of them in a database that was never used. */
  readonly pending: readonly string[]
  /** Tables that the role may not write to. */
  readonly unwritable: readonly string[]
}

/** Throws StateError, also when a newer release made the tables. */
export async function stateHealth(address: StateAddress): Promise<StateHealth> {
  const client = new pg.Client(connectionConfig(address, LIMITS))
  client.on('error', () => {})
  try {
    return await withinDeadline(
      TIMEOUT_MS,
      client.connect().then(() => look(client, address.schema)),
    )
  } catch (cause) {
    throw stateError(cause)
  } finally {
    await withinDeadline(GOODBYE_MS, client.end()).catch(() => {})
  }
}

async function look(client: pg.Client, schema: string): Promise<StateHealth> {
  const ledger = `${pg.escapeIdentifier(schema)}._prisma_migrations`
  const { rows } = await client.query<{ now: Date; used: boolean }>(
    'select clock_timestamp() as now, to_regclass($1) is not null as used',
    [ledger],
  )
  const used = rows[0]?.used === true
  const entries = used ? (await client.query<LedgerEntry>(READ_LEDGER)).rows : []
  const pending = pendingMigrations(await readMigrations(), entries).map(({ name }) => name)
  const forbidden = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind = 'r' and c.relname <> '_prisma_migrations'
        and not (has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT')
                 and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE'))
      order by 1 limit 100`,
    [schema],
  )
  const now = rows[0]?.now.getTime() ?? Number.NaN
  return { now, pending, unwritable: forbidden.rows.map(({ name }) => name) }
}
