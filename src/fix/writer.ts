import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Sql } from '../database/sql.ts'
import { FixError, fixError, sqlStateOf } from './fix-error.ts'

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 15_000
const LOCK_TIMEOUT_MS = 1_000
/** Beyond the server's own limit: then the network is at fault. */
const SILENCE_MS = 20_000
/** Rows that the application changed meanwhile, and locks that it holds, are tried again. */
const MAX_TRIES = 5
const PAUSE_MS = 250
const TRANSIENT: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/**
 * What a batch begins with, also when a person runs it by hand. Repeatable read: a row that is no offender any more,
 * because somebody changed it since the batch looked, makes the batch fail and not the row disappear.
 */
export const OPENING: readonly string[] = [
  'begin transaction isolation level repeatable read',
  `set local statement_timeout = '${STATEMENT_TIMEOUT_MS}ms'`,
  `set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`,
  `set local idle_in_transaction_session_timeout = '${SILENCE_MS}ms'`,
  "set local time zone 'UTC'",
  "set local datestyle = 'ISO, YMD'",
  "set local application_name = 'authwatch-fix'",
  'set local search_path = pg_catalog',
  // As for the checks: rows that this role may not see must not look like rows that are not there.
  'set local row_security = off',
]

type Row = Readonly<Record<string, unknown>>

export interface WriterTransaction {
  query(statement: Sql): Promise<{ readonly rows: readonly Row[]; readonly changed: number }>
}

/** A connection that may change the application's database. Nothing but a fix that somebody confirmed uses one. */
export interface Writer extends AsyncDisposable {
  /** Runs `work` in one transaction; again when the application was in its way. Throws FixError. */
  transaction<T>(work: (transaction: WriterTransaction) => Promise<T>): Promise<T>
}

/** Connects. Throws FixError. */
export async function openWriter(url: string): Promise<Writer> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: SILENCE_MS,
    application_name: 'authwatch-fix',
  })
  // A connection that breaks fails its statement; unhandled, its event would end the process as well.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    await client.end().catch(() => {})
    throw fixError(cause)
  }
  const query: WriterTransaction['query'] = async ({ text, values }) => {
    const { rows, rowCount } = await client.query<Row>({ text, values: [...values] })
    return { rows, changed: rowCount ?? 0 }
  }
  const once = async <T>(work: (transaction: WriterTransaction) => Promise<T>): Promise<T> => {
    await client.query(OPENING.join('; '))
    try {
      const value = await work({ query })
      await client.query('commit')
      return value
    } catch (cause) {
      await client.query('rollback').catch(() => {})
      throw cause
    }
  }
  return {
    transaction: async (work) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(work)
        } catch (cause) {
          if (!TRANSIENT.has(sqlStateOf(cause))) throw fixError(cause)
          if (tries === MAX_TRIES)
            throw new FixError('the fix stopped: the application holds the rows of this batch', { cause })
          await sleep(tries * PAUSE_MS)
        }
      }
    },
    [Symbol.asyncDispose]: () => client.end().catch(() => {}),
  }
}
