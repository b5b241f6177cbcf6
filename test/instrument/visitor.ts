import { BASE_URL, ORIGIN } from './open-auth.ts'

export interface Ask {
  readonly method?: string
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
  /** Laid over those that a browser sends; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** A browser: keeps cookies, and has an address of its own, so that it shares no limit with another. */
export interface Visitor {
  ask(path: string, ask?: Ask): Promise<Response>
  readonly cookies: Map<string, string>
  readonly address: string
}

export function createVisitor(handler: (request: Request) => Promise<Response>, number: number): Visitor {
  const cookies = new Map<string, string>()
  const address = `198.18.${number >> 8}.${number & 255}`
  return {
    cookies,
    address,
    async ask(path, { method, body, query, headers } = {}) {
      const url = new URL(`/api/auth${path}`, BASE_URL)
      for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const all = {
        origin: ORIGIN,
        'x-forwarded-for': address,
        ...(cookie !== '' && { cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      }
      const response = await handler(
        new Request(url, {
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      )
      keep(cookies, response.headers)
      return response
    },
  }
}

function keep(cookies: Map<string, string>, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) {
    const [pair = ''] = cookie.split(';', 1)
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (/max-age=0/i.test(cookie)) cookies.delete(name)
    else cookies.set(name, pair.slice(equals + 1))
  }
}
