import type { MiddlewareHandler } from 'hono'
import { refusalLimit } from '../../events/refusal-limit.ts'
import { basicAuth } from './basic-auth.ts'
import type { FollowedWebConfig } from './follow-web-config.ts'

export interface WebAccessOptions {
  readonly web: Pick<FollowedWebConfig, 'current'>
  /** Paths that ask for no password: those that have a token of their own, or tell nothing. */
  readonly open: readonly string[]
}

/**
 * Asks for a name and a password where the web configuration has users, and sets its headers. Wrong ones are slowed
 * down for everybody together; those that were right once are not, so that a guesser does not keep Prometheus out.
 */
export function webAccess({ web, open }: WebAccessOptions): MiddlewareHandler {
  const auth = basicAuth()
  const refuse = refusalLimit(() => performance.now())
  return async (c, next) => {
    const { users, headers } = web.current()
    const identified =
      users.size === 0 || open.includes(c.req.path)
        ? 'yes'
        : await auth.identify(c.req.header('authorization'), users)
    if (identified === 'yes') await next()
    else {
      const wait = identified === 'busy' ? 1 : refuse()
      c.res =
        wait > 0
          ? c.text('Too many wrong passwords\n', 429, { 'Retry-After': String(wait) })
          : c.text('Unauthorized\n', 401, { 'WWW-Authenticate': 'Basic realm="authwatch", charset="UTF-8"' })
    }
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
  }
}
