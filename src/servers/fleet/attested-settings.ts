import { z } from 'zod'

/** Settings that servers attest and that are compared. None of them is secret, whatever a server puts there. */
export const attestedSettings = [
  'baseURL',
  'basePath',
  'cookie.name',
  'cookie.domain',
  'cookie.path',
  'cookie.secure',
  'cookie.httpOnly',
  'cookie.sameSite',
  'nodeEnv',
  'session.expiresIn',
  'session.updateAge',
  'session.cookieCache.enabled',
  'session.cookieCache.maxAge',
  'extensionToken.lifetime',
  'trustedOrigins',
  'rateLimit.enabled',
  'rateLimit.storage',
  'versions.node',
  'versions.betterAuth',
  'versions.authwatch',
] as const

export type AttestedSetting = (typeof attestedSettings)[number]

const MAX_TEXT = 200
const MAX_ITEMS = 100

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const shown = z.union([value, z.array(z.string()).max(MAX_ITEMS)])

/** A setting as text that can be compared and shown; undefined when the server says nothing of it that is a setting. */
export function settingText(settings: unknown, setting: AttestedSetting): string | undefined {
  const found = setting.split('.').reduce<unknown>((part, key) => property(part, key), settings)
  const parsed = shown.safeParse(found)
  if (!parsed.success) return undefined
  const text = Array.isArray(parsed.data) ? parsed.data.toSorted().join(' ') : String(parsed.data ?? 'none')
  // Control characters have no business in a terminal or a page.
  return text.replace(/\p{Cc}/gu, '?').slice(0, MAX_TEXT)
}

function property(part: unknown, key: string): unknown {
  const known = z.record(z.string(), z.unknown()).safeParse(part)
  return known.success ? known.data[key] : undefined
}
