import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AuthContextLike, AuthOptionsLike } from './auth-like.ts'

/**
 * What a request shows to prove a session:
 * - `none`: nothing. A visitor.
 * - `unsigned`: a session cookie that this server's secret did not sign.
 * - `signed`: a session cookie that it did sign; whether the session still exists is another question.
 * - `unknown`: something else, such as an API key, that only better-auth can judge.
 */
export type SessionCredential = 'none' | 'unsigned' | 'signed' | 'unknown'

/** How better-auth signs: HMAC-SHA256, and as base64 that has 44 characters. */
const SIGNATURE_BYTES = 32
const BEARER = /^bearer\s+(\S+)\s*$/i

/** Reads it as better-auth does, which answers the same `null` to the first three. */
export function sessionCredential(
  headers: Headers,
  { context, options }: { readonly context: AuthContextLike; readonly options: AuthOptionsLike },
): SessionCredential {
  const bearer = bearerToken(headers, options)
  if (bearer !== undefined) {
    // The plugin signs a token that comes without signature itself.
    return !bearer.includes('.') || isSigned(decoded(bearer), context.secret) ? 'signed' : 'unsigned'
  }
  const cookies = headers.get('cookie')
  const value = cookies === null ? undefined : cookieValue(cookies, sessionCookieNames(context, options))
  if (value !== undefined) return isSigned(decoded(value), context.secret) ? 'signed' : 'unsigned'
  return headers.has('x-api-key') || headers.has('authorization') ? 'unknown' : 'none'
}

/** When the base URL depends on the request, so does whether the cookie has the prefix of secure cookies. */
function sessionCookieNames(context: AuthContextLike, options: AuthOptionsLike): readonly string[] {
  const { name } = context.authCookies.sessionToken
  if (typeof options.baseURL !== 'object') return [name]
  const bare = name.replace(/^__Secure-/, '')
  return [bare, `__Secure-${bare}`]
}

function bearerToken(headers: Headers, { plugins }: AuthOptionsLike): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization === null || plugins?.some(({ id }) => id === 'bearer') !== true) return undefined
  return BEARER.exec(authorization)?.[1]
}

/** The first value of the first of these names that is there. */
function cookieValue(header: string, names: readonly string[]): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || !names.includes(pair.slice(0, equals).trim())) continue
    const value = pair.slice(equals + 1).trim()
    const bare = value.startsWith('"') ? value.slice(1, -1) : value
    return bare === '' ? undefined : bare
  }
  return undefined
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function isSigned(value: string, secret: string): boolean {
  const dot = value.lastIndexOf('.')
  if (dot < 1) return false
  const signature = Buffer.from(value.slice(dot + 1), 'base64')
  if (signature.length !== SIGNATURE_BYTES) return false
  return timingSafeEqual(signature, createHmac('sha256', secret).update(value.slice(0, dot)).digest())
}

/** Whether an answer takes the session cookie away: the cookie was signed, and its session is no more. */
export function clearsSessionCookie(headers: Headers, context: AuthContextLike): boolean {
  return sessionCookieOf(headers, context)?.value === ''
}

/** Whether an answer signs someone in. */
export function setsSessionCookie(headers: Headers, context: AuthContextLike): boolean {
  const value = sessionCookieOf(headers, context)?.value
  return value !== undefined && value !== ''
}

/** Whether an answer asks for a second factor: the cookie by which better-auth knows the browser again. */
export function asksForSecondFactor(headers: Headers): boolean {
  return setCookies(headers).some(({ name, value }) => /(?:^|[._-])two_factor$/.test(name) && value !== '')
}

interface SetCookie {
  readonly name: string
  /** Empty when the cookie is taken away. */
  readonly value: string
}

/** The last of the name is the one that a browser keeps. */
function sessionCookieOf(headers: Headers, context: AuthContextLike): SetCookie | undefined {
  const bare = context.authCookies.sessionToken.name.replace(/^__Secure-/, '')
  return setCookies(headers).findLast(({ name }) => name.replace(/^__Secure-/, '') === bare)
}

function setCookies(headers: Headers): readonly SetCookie[] {
  return headers.getSetCookie().map((cookie) => {
    const [pair = ''] = cookie.split(';', 1)
    const equals = pair.indexOf('=')
    const isCleared = /;\s*max-age=0\s*(?:;|$)/i.test(cookie)
    return { name: pair.slice(0, equals).trim(), value: isCleared ? '' : pair.slice(equals + 1).trim() }
  })
}
