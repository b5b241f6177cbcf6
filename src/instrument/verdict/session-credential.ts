import { type AuthSetup, withoutPrefix } from '../auth-setup.ts'

/**
 * What a request shows to prove a session:
 * - `none`: nothing. A visitor.
 * - `unsigned`: a session cookie that this server's secret did not sign.
 * - `signed`: a session cookie that it did sign; whether the session still exists is another question.
 * - `unknown`: something else, such as an API key, that only better-auth can judge.
 */
export type SessionCredential = 'none' | 'unsigned' | 'signed' | 'unknown'

const BEARER = /^bearer\s+(\S+)\s*$/i

/** Reads it as better-auth does, which answers the same `null` to the first three. */
export function sessionCredential(headers: Headers, setup: AuthSetup): SessionCredential {
  const bearer = setup.takesBearer ? BEARER.exec(headers.get('authorization') ?? '')?.[1] : undefined
  if (bearer !== undefined) {
    // The plugin signs a token that comes without signature itself.
    return !bearer.includes('.') || setup.isSigned(bearer) ? 'signed' : 'unsigned'
  }
  const cookies = headers.get('cookie')
  const value = cookies === null ? undefined : cookieValue(cookies, setup.cookieNames)
  if (value !== undefined) return setup.isSigned(value) ? 'signed' : 'unsigned'
  return headers.has('x-api-key') || headers.has('authorization') ? 'unknown' : 'none'
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

/** What an answer does with the browser's cookies, as far as it says who is signed in. */
export interface SessionChange {
  /** It signs someone in. */
  readonly isSet: boolean
  /** It takes the session cookie away: the cookie was signed, and its session is no more. */
  readonly isCleared: boolean
  /** It asks for a second factor, and will know the browser again by a cookie of its own. */
  readonly isChallenged: boolean
}

const UNCHANGED: SessionChange = { isSet: false, isCleared: false, isChallenged: false }

export function sessionChange(headers: Headers, { cookieName }: AuthSetup): SessionChange {
  const cookies = headers.getSetCookie()
  if (cookies.length === 0) return UNCHANGED
  const changes = cookies.map(parseSetCookie)
  // The last of a name is the one that a browser keeps.
  const session = changes.findLast(({ name }) => withoutPrefix(name) === cookieName)
  return {
    isSet: session !== undefined && session.value !== '',
    isCleared: session?.value === '',
    isChallenged: changes.some(({ name, value }) => /(?:^|[._-])two_factor$/.test(name) && value !== ''),
  }
}

/** The value is empty when the cookie is taken away. */
function parseSetCookie(cookie: string): { readonly name: string; readonly value: string } {
  const [pair = ''] = cookie.split(';', 1)
  const equals = pair.indexOf('=')
  const isCleared = /;\s*max-age=0\s*(?:;|$)/i.test(cookie)
  return { name: pair.slice(0, equals).trim(), value: isCleared ? '' : pair.slice(equals + 1).trim() }
}
