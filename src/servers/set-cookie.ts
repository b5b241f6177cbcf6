import { type Cookie, parseSetCookie } from 'set-cookie-parser'
import type { Answer } from '../catalogue/probe.ts'

/** Cookies an answer sets, by name, the last of each; without those it deletes. Values are as they were sent. */
export function cookiesSet(answer: Pick<Answer, 'setCookies'>): readonly Cookie[] {
  const options = { decodeValues: false, silent: true, split: false } as const
  const parsed = parseSetCookie([...answer.setCookies], options)
  const byName = new Map(parsed.map((cookie) => [cookie.name, cookie]))
  return [...byName.values()].filter((cookie) => !isDeletion(cookie))
}

/** The `Cookie` header of a client that holds these. */
export function cookieHeader(cookies: readonly Pick<Cookie, 'name' | 'value'>[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

function isDeletion({ maxAge, expires }: Cookie): boolean {
  return maxAge === undefined ? expires?.getTime() === 0 : maxAge <= 0
}
