import pg from 'pg'
import { type LedgerEntry, pendingMigrations } from './pending-migrations.ts'
import { type Migration, readMigrations } from './read-migrations.ts'
import { connectionConfig, type StateAddress } from './state-address.ts'
import { StateError, stateError } from './state-error.ts'
import { withinDeadline } from './within-deadline.ts'

/** Prisma's own, from its schema engine: so `prisma migrate` and we exclude each other too. */
const LOCK = 72_707_369
const LIMITS = { statementTimeoutMs: 25_000, silenceMs: 27_000 }
const TIMEOUT_MS = 60_000
const GOODBYE_MS = 1_000

/** As Prisma's schema engine makes it. */
const LEDGER = `
  create table _prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`

/** Every migration that was begun, oldest first. */
export const READ_LEDGER = `
  select migration_name as name, checksum, finished_at is not null as finished, rolled_back_at is not null as "rolledBack"
  from _prisma_migrations
  order by started_at`

const ENTER = `
  insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
  values (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`

/**
 * Brings the state's schema up to date, however many workers start at once, and gives the names of the migrations that
 * this call applied. Needs rights to create only when there is something to create. Throws StateError.
 */
export async function migrate(address: StateAddress): Promise<readonly string[]> {
  const migrations = await readMigrations()
  const client = new pg.Client(connectionConfig(address, LIMITS))
  // A connection that breaks fails its statement; unhandled, its event would end the process as well.
  client.on('error', () => {})
  try {
    await client.connect()
    return await withinDeadline(TIMEOUT_MS, applyAll({ client, schema: address.schema, migrations }))
  } catch (cause) {
    throw stateError(cause)
  } finally {
    // A server that hangs does not say goodbye; its connection is cut later.
    await withinDeadline(GOODBYE_MS, client.end()).catch(() => {})
  }
}

interface Work {
  readonly client: pg.Client
  readonly schema: string
  readonly migrations: readonly Migration[]
}

/** One transaction for each migration, and the lock within it: nothing is left behind when we are killed. */
async function applyAll(work: Work): Promise<readonly string[]> {
  const applied: string[] = []
  for (;;) {
    const name = await applyNext(work)
    if (name === undefined) return applied
    applied.push(name)
  }
}

async function applyNext({ client, schema, migrations }: Work): Promise<string | undefined> {
  await client.query('begin')
  await client.query(`select pg_advisory_xact_lock(${LOCK})`)
  const [next] = pendingMigrations(migrations, await openLedger(client, schema))
  if (next !== undefined) await apply(client, next)
  await client.query('commit')
  return next?.name
}

async function openLedger(client: pg.Client, schema: string): Promise<readonly LedgerEntry[]> {
  // Not `if not exists`: that asks for the right to create even when there is nothing to create.
  const { rows } = await client.query<{ schema: boolean; ledger: boolean }>(
    `select to_regnamespace($1) is not null as schema, to_regclass($2) is not null as ledger`,
    [pg.escapeIdentifier(schema), `${pg.escapeIdentifier(schema)}._prisma_migrations`],
  )
  if (rows[0]?.schema !== true) await client.query(`create schema ${pg.escapeIdentifier(schema)}`)
  if (rows[0]?.ledger !== true) await client.query(LEDGER)
  return (await client.query<LedgerEntry>(READ_LEDGER)).rows
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query(sql)
  } catch (cause) {
    const error = stateError(cause)
    throw new StateError(error.code, `migration ${name} was undone: ${error.message}`, { cause })
  }
  await client.query(ENTER, [checksum, name])
}
