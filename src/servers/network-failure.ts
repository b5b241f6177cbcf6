import type { NetworkReason } from '../catalogue/probe.ts'

/** No usable answer came. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure'
  readonly reason: NetworkReason
  /** Shown with the result. */
  readonly detail: Readonly<Record<string, string>>

  constructor(
    reason: NetworkReason,
    { detail = {}, ...options }: ErrorOptions & { readonly detail?: Readonly<Record<string, string>> } = {},
  ) {
    super(reason, options)
    this.reason = reason
    this.detail = detail
  }
}

/** Codes of Node, OpenSSL and undici, in the order in which they are tried. */
const REASONS: readonly (readonly [RegExp, NetworkReason])[] = [
  [/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, 'timeout'],
  [/^ECONNREFUSED$/, 'connection_refused'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'reset'],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/, 'unreachable'],
  [/^(ENOTFOUND|EAI_)/, 'name_not_found'],
  [/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/, 'tls'],
  [/^(HPE_|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$|UND_ERR_HEADERS_OVERFLOW$)/, 'not_http'],
]

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return ''
  if ('code' in cause && typeof cause.code === 'string') return cause.code
  if ('cause' in cause) return codeOf(cause.cause)
  return ''
}

/** The failure behind an error of the HTTP client; undefined when the error is no such thing. */
export function networkFailure(cause: unknown): NetworkFailure | undefined {
  if (cause instanceof NetworkFailure) return cause
  if (cause instanceof AggregateError) return networkFailure(cause.errors[0])
  if (cause instanceof Error && /^(AbortError|TimeoutError)$/.test(cause.name)) {
    return new NetworkFailure('timeout', { cause })
  }
  // undici gives its parser's errors no code.
  if (cause instanceof Error && cause.name === 'HTTPParserError') {
    return new NetworkFailure('not_http', { cause })
  }
  const code = codeOf(cause)
  const reason = REASONS.find(([pattern]) => pattern.test(code))?.[1]
  return reason === undefined ? undefined : new NetworkFailure(reason, { cause })
}
