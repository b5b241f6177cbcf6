export type StateErrorCode =
  | 'ERR_STATE_URL'
  | 'ERR_STATE_UNREACHABLE'
  | 'ERR_STATE_NEWER'
  | 'ERR_STATE_CHECKSUM'
  | 'ERR_STATE_FAILED_MIGRATION'
  | 'ERR_STATE_QUERY'

/** A fault of authwatch's own database, in words an operator can act on and free of row contents. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly code: StateErrorCode

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * SQLSTATEs (PostgreSQL 18 documentation, appendix A): connection exceptions, refused logins, no such database, no free
 * slot, shutting down or starting. Prisma adds its own: P1001 to P1017 about connections, P2024 no free connection,
 * P2028 transaction not started or ended in time; and it passes on the code of an error that ended a socket.
 */
const UNREACHABLE =
  /^(08...|28...|3D000|53300|57P0.|P10..|P2024|P2028|ERR_STATE_UNREACHABLE|E[A-Z_]*(CONN|HOST|NET|TIMEDOUT|PIPE|NOTFOUND|AI_).*)$/
const LOST =
  /timeout exceeded|timeout expired|Connection terminated|not queryable|Socket closed|before secure TLS|not support SSL/i
const LOST_KINDS: ReadonlySet<string> = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout'])

const MAX_DEPTH = 6

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Prisma wraps the driver's error in its own, sometimes twice; the innermost knows the SQLSTATE. */
function* layers(cause: unknown): Generator<Readonly<Record<string, unknown>>> {
  let layer = cause
  for (let depth = 0; depth < MAX_DEPTH && isObject(layer); depth += 1) {
    yield layer
    const meta = isObject(layer.meta) ? layer.meta.driverAdapterError : undefined
    const inner = Array.isArray(layer.errors) ? layer.errors[0] : undefined
    layer = meta ?? layer.cause ?? inner
  }
}

function isLost(layer: Readonly<Record<string, unknown>>): boolean {
  const codes = [layer.code, layer.originalCode].filter((code) => typeof code === 'string')
  return (
    codes.some((code) => UNREACHABLE.test(code)) ||
    (typeof layer.message === 'string' && LOST.test(layer.message)) ||
    (typeof layer.kind === 'string' && LOST_KINDS.has(layer.kind))
  )
}

/** The most telling word: a SQLSTATE, else the operating system's code, else Prisma's. */
function codeOf(seen: readonly Readonly<Record<string, unknown>>[]): string {
  const codes = seen
    .flatMap(({ originalCode, code }) => [originalCode, code])
    .filter((code) => typeof code === 'string')
  const sqlstate = codes.find((code) => /^[0-9A-Z]{5}$/.test(code) && !/^P[12]/.test(code))
  const system = codes.find((code) => /^E[A-Z_]+$/.test(code) && !code.startsWith('ERR_'))
  const kind = seen.map((layer) => layer.kind).find((value) => typeof value === 'string')
  return sqlstate ?? system ?? kind ?? codes[0] ?? 'without a code'
}

/** Any error of `pg` or Prisma as a StateError with the original as its cause. */
export function stateError(cause: unknown): StateError {
  if (cause instanceof StateError) return cause
  const seen = [...layers(cause)]
  const code = codeOf(seen)
  if (seen.some(isLost)) {
    return new StateError('ERR_STATE_UNREACHABLE', `the state database cannot be reached (${code})`, {
      cause,
    })
  }
  return new StateError('ERR_STATE_QUERY', `a statement on the state database failed (${code})`, { cause })
}
