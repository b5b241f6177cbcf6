const TIMEOUT_MS = 10_000

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON, or `undefined` when the body is none. */
  readonly body: unknown
}

export interface Call {
  /** Makes it a POST. */
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A browser, as far as a session needs one: it has an origin, an address, and cookies. It sends its cookies to
 * every server of the fleet, as a browser does to every server behind one domain.
 */
export interface Client {
  readonly options: ClientOptions
  /** @throws when the server cannot be reached or does not answer within 10 s */
  call(url: string, call?: Call): Promise<Answer>
  /** The `Cookie` header it would send. */
  cookieHeader(): string
}

export interface ClientOptions {
  readonly origin: string
  /** Sent as `X-Forwarded-For`, as the proxy before the servers would. */
  readonly address: string
}

export function createClient(options: ClientOptions): Client {
  const { origin, address } = options
  const cookies = new Map<string, string>()
  const cookieHeader = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    options,
    cookieHeader,
    async call(url, { json, headers } = {}) {
      const response = await fetch(url, {
        method: json === undefined ? 'GET' : 'POST',
        headers: {
          origin,
          'x-forwarded-for': address,
          ...(cookies.size === 0 ? {} : { cookie: cookieHeader() }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      return { status: response.status, headers: response.headers, body: parse(await response.text()) }
    },
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const separator = pair.indexOf('=')
  const name = pair.slice(0, separator)
  if (attributes.some((attribute) => attribute.trim().toLowerCase() === 'max-age=0')) cookies.delete(name)
  else cookies.set(name, pair.slice(separator + 1))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
