import { Socket } from 'node:net'
import type { ClientConfig } from 'pg'
import { StateError } from './state-error.ts'

const DEFAULT_SCHEMA = 'authwatch'
const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/
const CONNECT_TIMEOUT_MS = 3_000
/** A server finds a client that stopped in the middle of a transaction, and frees its locks. */
const IDLE_IN_TRANSACTION_MS = 10_000

/** Where authwatch keeps its own tables. */
export interface StateAddress {
  /** The PostgreSQL schema: `?schema=` of the URL, as Prisma writes it, or `authwatch`. */
  readonly schema: string
  /** The URL without what only Prisma understands. It holds the password: never log it. */
  readonly url: string
  /** What the URL says already of server options. */
  readonly options: string
}

/** Reads STATE_DATABASE_URL. Throws StateError. */
export function stateAddress(text: string): StateAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new StateError('ERR_STATE_URL', 'the URL of the state database is not one of PostgreSQL')
  }
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (!SCHEMA_NAME.test(schema)) {
    throw new StateError('ERR_STATE_URL', 'the schema in the URL of the state database is not a plain name')
  }
  const options = url.searchParams.get('options') ?? ''
  url.searchParams.delete('schema')
  url.searchParams.delete('options')
  return { schema, url: url.href, options }
}

export interface ConnectionLimits {
  readonly statementTimeoutMs: number
  /** Without a byte from the server for so long, the connection is cut. Longer than a statement may take. */
  readonly silenceMs: number
}

/** Settings of one connection. All are asked for at its start, so they cost no round trip. */
export function connectionConfig(address: StateAddress, limits: ConnectionLimits) {
  const { schema, options, url } = address
  return {
    connectionString: url,
    application_name: 'authwatch-state',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: limits.statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    // Prisma's driver takes the offset off a time and calls the rest UTC.
    options: `${options} -c search_path="${schema}" -c TimeZone=UTC`.trim(),
    stream: () => mortalSocket(limits.silenceMs),
  } satisfies ClientConfig
}

/**
 * A server that is gone without a word (failover, lost route, stopped process) never closes its connections; such ones
 * would fill the pool for the quarter of an hour that TCP tries.
 */
function mortalSocket(silenceMs: number): Socket {
  const socket = new Socket()
  socket.setTimeout(silenceMs, () => {
    socket.destroy(
      new StateError('ERR_STATE_UNREACHABLE', `the state database was silent for ${silenceMs} ms`),
    )
  })
  return socket
}
