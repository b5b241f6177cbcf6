import type { MiddlewareHandler } from 'hono'
import { refusalLimit } from '../../events/refusal-limit.ts'
import { basicAuth } from './basic-auth.ts'
import type { FollowedWebConfig } from './follow-web-config.ts'

export interface WebAccessOptions {
  readonly web: Pick<FollowedWebConfig, 'current'>
  /** Paths that ask for no password: those that have a token of their own, or tell nothing. */
  readonly open: readonly string[]
}

export interface WebAccess {
  /** Puts the headers of the web configuration on every answer. */
  readonly headers: MiddlewareHandler
  /**
   * Asks for a name and a password where the web configuration has users. Wrong ones are slowed down for everybody
   * together; those that were right once are not, so that a guesser does not keep Prometheus out.
   */
  readonly identify: MiddlewareHandler
  /** Whether `identify` is known to let in who sends this `Authorization`; false: it has to be asked. */
  admits(authorization: string | undefined): boolean
}

/** Who is let in by the web configuration as it is at the time of a request. */
export function webAccess({ web, open }: WebAccessOptions): WebAccess {
  const auth = basicAuth()
  const refuse = refusalLimit(() => performance.now())
  return {
    headers: async (c, next) => {
      await next()
      for (const [name, value] of Object.entries(web.current().headers)) c.res.headers.set(name, value)
    },
    identify: async (c, next) => {
      const { users } = web.current()
      const identified =
        users.size === 0 || open.includes(c.req.path)
          ? 'yes'
          : await auth.identify(c.req.header('authorization'), users)
      if (identified === 'yes') return next()
      const wait = identified === 'busy' ? 1 : refuse()
      return wait > 0
        ? c.text('Too many wrong passwords\n', 429, { 'Retry-After': String(wait) })
        : c.text('Unauthorized\n', 401, { 'WWW-Authenticate': 'Basic realm="authwatch", charset="UTF-8"' })
    },
    admits: (authorization) => {
      const { users } = web.current()
      return users.size === 0 || auth.remembers(authorization, users)
    },
  }
}
