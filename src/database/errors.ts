import type { ErrorCode } from '../catalogue/result.ts'

/** A fault of the application's database, in words an operator can act on and free of row contents. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

interface Known {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * SQLSTATE → what it means for a check. PostgreSQL's own message is never passed on: it can quote row contents.
 * Source: PostgreSQL 18 documentation, appendix A.
 */
const BY_SQLSTATE: Readonly<Record<string, Known>> = {
  '57014': { code: 'ERR_TIMEOUT', message: 'the statement took longer than this check may take' },
  '55P03': { code: 'ERR_LOCKED', message: 'a lock on the table was not released in time' },
  '40P01': { code: 'ERR_LOCKED', message: 'the statement was part of a deadlock' },
  '40001': { code: 'ERR_LOCKED', message: 'the read conflicted with recovery on this standby' },
  '42501': {
    code: 'ERR_PERMISSION',
    message: 'the role may not read what this check needs; `authwatch grants` prints the rights it takes',
  },
  '42P01': { code: 'ERR_SCHEMA', message: 'a table was renamed or dropped after the schema was read' },
  '42703': { code: 'ERR_SCHEMA', message: 'a column was renamed or dropped after the schema was read' },
  '3D000': { code: 'ERR_CREDENTIALS', message: 'the database named in the URL does not exist' },
  '28P01': { code: 'ERR_CREDENTIALS', message: 'the password in the URL was refused' },
  '28000': { code: 'ERR_CREDENTIALS', message: 'the role in the URL was refused' },
  '53300': { code: 'ERR_UNREACHABLE', message: 'the server has no connection slot left' },
}

const BY_CLASS: Readonly<Record<string, Known>> = {
  '08': { code: 'ERR_UNREACHABLE', message: 'the connection was lost' },
  '57': { code: 'ERR_UNREACHABLE', message: 'the server is shutting down, starting up or in recovery' },
  '53': { code: 'ERR_QUERY', message: 'the server is out of memory or disk' },
}

const NETWORK = /^(ECONN|EHOST|ENET|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE)/
/** Of Node's TLS and of OpenSSL, which share no prefix. pg 8 verifies certificates in every sslmode but `no-verify`. */
const CERTIFICATE = /CERT|CRL|UNABLE_TO_VERIFY/
/** The URL names a file (`sslrootcert`, `sslcert`, `sslkey`) or, as host, the folder of a socket. */
const FILE = /^(ENOENT|EACCES|ENOTDIR|EISDIR)$/
const CONNECTION = /timeout exceeded|timeout expired|Connection terminated|not queryable/i
/** Of pg 8, which gives it no code. */
const NO_TLS = 'The server does not support SSL connections'

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

/** Of PostgreSQL, which has one SQLSTATE for this and for rights that are missing. */
const HIDES_ROWS = /row-level security/

/** Any error of `pg` as a DatabaseError with the original as its cause. */
export function databaseError(cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause
  const sqlstate = codeOf(cause)
  if (sqlstate === '42501' && cause instanceof Error && HIDES_ROWS.test(cause.message)) {
    const mend = 'the views of `authwatch grants`, or a role with BYPASSRLS, see all of them'
    return new DatabaseError('ERR_PERMISSION', `row-level security hides rows from this role: ${mend}`, {
      cause,
    })
  }
  const known = BY_SQLSTATE[sqlstate] ?? BY_CLASS[sqlstate.slice(0, 2)]
  if (known !== undefined && sqlstate.length === 5)
    return new DatabaseError(known.code, known.message, { cause })
  if (NETWORK.test(sqlstate)) {
    return new DatabaseError('ERR_UNREACHABLE', `the database cannot be reached (${sqlstate})`, { cause })
  }
  if (CERTIFICATE.test(sqlstate)) {
    const mend =
      'trust its authority (sslrootcert in the URL, or NODE_EXTRA_CA_CERTS); sslmode=no-verify trusts any'
    return new DatabaseError(
      'ERR_UNREACHABLE',
      `the server's TLS certificate was not accepted (${sqlstate}): ${mend}`,
      { cause },
    )
  }
  if (FILE.test(sqlstate)) {
    return new DatabaseError(
      'ERR_UNREACHABLE',
      `a file or socket that the URL names cannot be opened (${sqlstate})`,
      { cause },
    )
  }
  if (cause instanceof Error && CONNECTION.test(cause.message)) {
    return new DatabaseError('ERR_UNREACHABLE', 'the database did not answer in time', { cause })
  }
  if (cause instanceof Error && /^SASL/.test(cause.message)) {
    return new DatabaseError('ERR_CREDENTIALS', 'the server asks for a password and the URL has none', {
      cause,
    })
  }
  if (cause instanceof Error && cause.message === NO_TLS) {
    return new DatabaseError(
      'ERR_UNREACHABLE',
      'the URL asks for TLS (sslmode), which the server does not offer',
      {
        cause,
      },
    )
  }
  if (cause instanceof AggregateError) return databaseError(cause.errors[0])
  if (sqlstate.length === 5)
    return new DatabaseError('ERR_QUERY', `PostgreSQL answered SQLSTATE ${sqlstate}`, { cause })
  return new DatabaseError('ERR_INTERNAL', 'an unexpected error in authwatch itself; its log has the trace', {
    cause,
  })
}
