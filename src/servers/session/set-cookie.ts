import { type Cookie, parseSetCookie } from 'set-cookie-parser'
import type { Answer } from '../../catalogue/probe.ts'

/** Cookies an answer sets, by name, the last of each; without those it deletes. Values are as they were sent. */
export function cookiesSet(answer: Pick<Answer, 'setCookies'>): readonly Cookie[] {
  return cookiesNamed(answer).filter((cookie) => !isDeletion(cookie))
}

/** Cookies an answer deletes, by name, the last of each. A server deletes a cookie with the attributes it set it with. */
export function cookiesDeleted(answer: Pick<Answer, 'setCookies'>): readonly Cookie[] {
  return cookiesNamed(answer).filter(isDeletion)
}

function cookiesNamed({ setCookies }: Pick<Answer, 'setCookies'>): readonly Cookie[] {
  const options = { decodeValues: false, silent: true, split: false } as const
  const parsed = parseSetCookie([...setCookies], options)
  return [...new Map(parsed.map((cookie) => [cookie.name, cookie])).values()]
}

/** The `Cookie` header of a client that holds these. */
export function cookieHeader(cookies: readonly Pick<Cookie, 'name' | 'value'>[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

function isDeletion({ maxAge, expires }: Cookie): boolean {
  return maxAge === undefined ? expires?.getTime() === 0 : maxAge <= 0
}
