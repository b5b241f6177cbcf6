import pLimit from 'p-limit'
import pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { type Duration, milliseconds } from '../catalogue/duration.ts'
import { DatabaseError, databaseError } from './errors.ts'
import { mustBeCurrent } from './replay-lag.ts'

/** How many connections one worker may hold on an application's database, unless its configuration says otherwise. */
export const DEFAULT_CONNECTIONS = 3
/** How far a standby may be behind its primary before what it shows is no longer what is. */
export const DEFAULT_REPLAY_LAG: Duration = '5m'
const CONNECT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_MS = 1_000
/** Beyond the server's own limit: then the network is at fault and the connection is given up. */
const CLIENT_GRACE_MS = 2_000

export type Row = Readonly<Record<string, unknown>>

/** A read-only transaction: one snapshot, one instant. */
export interface Reader {
  /** The database's own clock when the transaction began: immune to the worker's clock being wrong. */
  readonly now: Date
  query(statement: Sql): Promise<readonly Row[]>
  /** Like `query`, but undefined when the statement fails or the transaction's time is used up. */
  attempt(statement: Sql): Promise<readonly Row[] | undefined>
}

export interface ApplicationDatabase extends AsyncDisposable {
  /** The most that are ever open, and so how many transactions run at a time. */
  readonly connections: number
  /**
   * Runs `read` in one read-only transaction, in which every statement ends after `timeoutMs`.
   * Waits for one of the connections first; that wait is not part of the timeout.
   * Throws DatabaseError.
   */
  transaction<T>(timeoutMs: number, read: (reader: Reader) => Promise<T>): Promise<T>
}

/**
 * Kilobytes for each sort or hash table of a statement; hash tables may take twice as much (`hash_mem_multiplier`).
 * That of a million users takes about 80 MB. With PostgreSQL's default of 4 MB all sessions would be written to
 * temporary files to be joined.
 */
const WORK_MEM_KB = 65_536

/**
 * Everything is set per transaction, so that it also holds behind a transaction pooler, and in the same message as
 * `begin`, so that it costs no round trip. The search path keeps a hostile schema from shadowing functions.
 */
function opening(timeoutMs: number): string {
  return [
    'begin transaction isolation level repeatable read, read only',
    `set local statement_timeout = ${Math.ceil(timeoutMs)}`,
    `set local lock_timeout = ${Math.min(LOCK_TIMEOUT_MS, Math.ceil(timeoutMs))}`,
    `set local idle_in_transaction_session_timeout = ${Math.ceil(timeoutMs) + CLIENT_GRACE_MS}`,
    "set local time zone 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    // A URL copied from the application may bring the application's name.
    "set local application_name = 'authwatch'",
    'set local search_path = pg_catalog',
    // Row-level security would hide rows without a word, and none would look like none wrong: now it is an error.
    'set local row_security = off',
    `set local work_mem = ${WORK_MEM_KB}`,
    // PostgreSQL 18 reads ahead in processes of its own, for which the application's queries would wait.
    'set local effective_io_concurrency = 0',
    // Workers would take the processors from the application: each connection uses one, and no more.
    'set local max_parallel_workers_per_gather = 0',
    // To compile costs more than it saves in statements that run for seconds, and varies with the machine.
    'set local jit = off',
    'select transaction_timestamp() as now, pg_is_in_recovery() as standby',
  ].join('; ')
}

/** Throws DatabaseError, also when what the server has is too old to be judged. */
async function begin(
  client: pg.ClientBase,
  { timeoutMs, replayLagLimitMs }: { readonly timeoutMs: number; readonly replayLagLimitMs: number },
): Promise<Date> {
  const answers: unknown = await client.query(opening(timeoutMs))
  const last: unknown = Array.isArray(answers) ? answers.at(-1) : undefined
  const { now, standby } = last instanceof pg.Result ? (last.rows[0] ?? {}) : {}
  if (!(now instanceof Date)) throw new DatabaseError('ERR_QUERY', 'the server did not tell its time')
  if (standby === true) await mustBeCurrent(client, replayLagLimitMs)
  return now
}

function readerOf(client: pg.ClientBase, now: Date, attemptUntil: number): Reader {
  const query = async ({ text, values }: Sql) => {
    // The extended protocol takes one statement at a time, so that none can end the transaction and start another.
    const single = { text, values: [...values], queryMode: 'extended' }
    return (await client.query<Row>(single)).rows
  }
  const attempt = async (statement: Sql) => {
    if (Date.now() > attemptUntil) return undefined
    await client.query('savepoint attempt')
    try {
      return await query(statement)
    } catch {
      await client.query('rollback to savepoint attempt')
      return undefined
    }
  }
  return { now, query, attempt }
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    const late = () =>
      reject(new DatabaseError('ERR_TIMEOUT', 'the database stopped answering in the middle of a check'))
    timer = setTimeout(late, timeoutMs)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
  }
}

/** The pool forgets a client that could not log in without ending it: its backend would wait for ever. */
class ClosingClient extends pg.Client {
  override connect(): Promise<this>
  override connect(callback: (error: Error | null, client?: this) => void): void
  override connect(callback?: (error: Error | null, client?: this) => void): Promise<this> | undefined {
    const connecting = super.connect().then(
      () => this,
      async (cause: unknown) => {
        await this.end().catch(() => {})
        throw cause
      },
    )
    if (callback === undefined) return connecting
    connecting.then((client) => callback(null, client), callback)
    return undefined
  }
}

/** From one tick to the next, as most are a minute apart. */
const IDLE_MS = 60_000

export interface ConnectOptions {
  /** The most that are ever open; {@link DEFAULT_CONNECTIONS} unless said. */
  readonly connections?: number
  /** How long a connection that is not used is kept, in milliseconds; a minute unless said. */
  readonly idleMs?: number
  /** A standby that is further behind its primary is not judged; {@link DEFAULT_REPLAY_LAG} unless said. */
  readonly replayLagLimitMs?: number
}

/** Opens nothing yet: the first transaction connects, and every later one reconnects when it must. */
export function connectApplicationDatabase(url: string, options: ConnectOptions = {}): ApplicationDatabase {
  const { connections = DEFAULT_CONNECTIONS, idleMs = IDLE_MS } = options
  const { replayLagLimitMs = milliseconds(DEFAULT_REPLAY_LAG) } = options
  const pool = new pg.Pool({
    Client: ClosingClient,
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: idleMs,
    application_name: 'authwatch',
    keepAlive: true,
    allowExitOnIdle: true,
  })
  // An idle connection that breaks is replaced at the next use; unhandled, its event would end the process.
  pool.on('error', () => {})
  // pg counts the wait for a free connection as time to connect; queueing here keeps a busy pool from looking down.
  const limit = pLimit(connections)

  async function run<T>(timeoutMs: number, read: (reader: Reader) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    client.on('error', ignore)
    let broken = true
    try {
      const work = async () => {
        const now = await begin(client, { timeoutMs, replayLagLimitMs })
        const value = await read(readerOf(client, now, Date.now() + 2 * timeoutMs))
        await client.query('commit')
        return value
      }
      // Each statement has its own limit on the server; this one is for a server or network that is gone.
      const value = await withDeadline(work(), 3 * timeoutMs + CLIENT_GRACE_MS)
      broken = false
      return value
    } finally {
      client.off('error', ignore)
      // A transaction that failed half-way is not worth a rollback's round trip: the connection goes with it.
      client.release(broken)
    }
  }

  return {
    connections,
    transaction: (timeoutMs, read) =>
      limit(() => run(timeoutMs, read)).catch((cause: unknown) => Promise.reject(databaseError(cause))),
    [Symbol.asyncDispose]: async () => {
      limit.clearQueue()
      await pool.end()
    },
  }
}

function ignore(): void {}
