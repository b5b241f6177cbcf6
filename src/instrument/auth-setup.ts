import type { AuthContextLike, AuthLike, AuthOptionsLike } from './auth-like.ts'
import { cookieSignature } from './cookie-signature.ts'

/** What is to be known of an application's better-auth to understand its answers. */
export interface AuthSetup {
  /** Where it is mounted. */
  readonly basePath: string
  /** The session cookie's name, without the prefix of secure cookies. */
  readonly cookieName: string
  /** Under which of its two names it is read: both when that depends on the request. */
  readonly cookieNames: readonly string[]
  /** Whether a bearer token may stand for the cookie. */
  readonly takesBearer: boolean
  /** Whether this server's secret signed a cookie's value. */
  isSigned(value: string): boolean
}

const SECURE = '__Secure-'

export function withoutPrefix(name: string): string {
  return name.startsWith(SECURE) ? name.slice(SECURE.length) : name
}

export function authSetup(context: AuthContextLike, options: AuthOptionsLike): AuthSetup {
  const { name } = context.authCookies.sessionToken
  const cookieName = withoutPrefix(name)
  const dependsOnRequest = typeof options.baseURL === 'object'
  return {
    basePath: URL.canParse(context.baseURL)
      ? new URL(context.baseURL).pathname
      : (options.basePath ?? '/api/auth'),
    cookieName,
    cookieNames: dependsOnRequest ? [cookieName, `${SECURE}${cookieName}`] : [name],
    takesBearer: options.plugins?.some(({ id }) => id === 'bearer') === true,
    isSigned: cookieSignature(context.secret),
  }
}

/** When better-auth could not be set up, all that comes are exceptions. */
const NO_CONTEXT: AuthContextLike = {
  baseURL: '',
  secret: '',
  authCookies: { sessionToken: { name: 'better-auth.session_token' } },
}

/**
 * At once, but for the first time: waits then for what better-auth waits for itself before it serves anything. Asks
 * only when something is served, so that an unheeded failure of the set-up stays unheeded.
 */
export function setupOf(auth: Pick<AuthLike, '$context' | 'options'>): () => AuthSetup | Promise<AuthSetup> {
  let known: AuthSetup | undefined
  return () =>
    known ??
    auth.$context.then(
      (context) => {
        known ??= authSetup(context, auth.options)
        return known
      },
      () => authSetup(NO_CONTEXT, auth.options),
    )
}
