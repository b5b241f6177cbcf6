import pg, { type ClientBase } from 'pg'
import { FaultError } from './fault-error.ts'

/** Any number that nothing else locks: one fault is switched at a time. */
const SWITCH_LOCK = 1_870_312_445
const CONNECT_MS = 5_000
const LOCK_MS = 10_000
/** Longer than a switch that restarts every server. */
const TURN_MS = 25_000
const STATEMENT_MS = 30_000

/**
 * Which faults are on, and what each must know to go off again. It is kept beside the rows that the faults change,
 * so that both change in one transaction: no failure leaves half a fault, or one that is forgotten.
 */
export interface Ledger extends AsyncDisposable {
  readonly database: ClientBase
  /** @throws FaultError when the fault is on, or another one that has one of the claims */
  claim(fault: { readonly id: string; readonly claims: readonly string[] }): Promise<void>
  enter(fault: { readonly id: string; readonly memo: unknown }): Promise<void>
  /**
   * Takes the fault out, and resolves with its memo.
   * @throws FaultError when it is not on
   */
  leave(id: string): Promise<unknown>
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Waits for its turn and begins a transaction; disposing it without `commit` rolls back. */
export async function openLedger(databaseUrl: string): Promise<Ledger> {
  const database = await connect(databaseUrl)
  try {
    await database.query(`begin; set local lock_timeout = ${TURN_MS}`)
    await database.query('select pg_advisory_xact_lock($1)', [SWITCH_LOCK])
    await database.query(`set local lock_timeout = ${LOCK_MS};
      create schema if not exists demo_faults;
      create table if not exists demo_faults.active (
        id text primary key, claims text[] not null, memo jsonb, since timestamptz not null default now())`)
  } catch (cause) {
    await database.end()
    throw cause
  }
  return {
    database,
    claim: (fault) => claim(database, fault),
    async enter({ id, memo }) {
      const text = JSON.stringify(memo ?? null)
      await database.query('update demo_faults.active set memo = $2 where id = $1', [id, text])
    },
    async leave(id) {
      const { rows } = await database.query<{ memo: unknown }>(
        'delete from demo_faults.active where id = $1 returning memo',
        [id],
      )
      if (rows[0] === undefined) throw new FaultError('ERR_FAULT_OFF', `${id} is not on.`)
      return rows[0].memo
    },
    commit: async () => void (await database.query('commit')),
    rollback: async () => void (await database.query('rollback')),
    [Symbol.asyncDispose]: () => database.end(),
  }
}

/** Ids of the faults that are on. */
export async function activeFaults(databaseUrl: string): Promise<ReadonlySet<string>> {
  const database = await connect(databaseUrl)
  try {
    const { rows } = await database.query<{ exists: boolean }>(
      `select to_regclass('demo_faults.active') is not null as exists`,
    )
    if (rows[0]?.exists !== true) return new Set()
    const active = await database.query<{ id: string }>('select id from demo_faults.active')
    return new Set(active.rows.map(({ id }) => id))
  } finally {
    await database.end()
  }
}

async function claim(
  database: ClientBase,
  { id, claims }: { readonly id: string; readonly claims: readonly string[] },
): Promise<void> {
  const { rows } = await database.query<{ id: string; claims: string[] }>(
    'select id, claims from demo_faults.active where id = $1 or claims && $2 order by id <> $1, id limit 1',
    [id, claims],
  )
  const [other] = rows
  if (other?.id === id) throw new FaultError('ERR_FAULT_ON', `${id} is on already.`)
  if (other !== undefined) {
    const shared = claims.filter((each) => other.claims.includes(each))
    const some = shared.length > 3 ? `${shared.slice(0, 3).join(', ')} and more` : shared.join(', ')
    throw new FaultError(
      'ERR_FAULT_CONFLICT',
      `${id} and ${other.id} cannot both be on: they change the same (${some}). Switch ${other.id} off first.`,
    )
  }
  await database.query('insert into demo_faults.active (id, claims) values ($1, $2)', [id, claims])
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const database = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'demo-faults',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    options: '-c timezone=UTC',
  })
  // A connection that the database closes must not end the demo; the next statement says so.
  database.on('error', () => {})
  await database.connect()
  return database
}
