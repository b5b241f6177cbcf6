import { z } from 'zod'
import type { CookiePolicy } from '../../catalogue/fleet.ts'
import { isSessionCookie } from '../../servers/session/session-cookie.ts'

/** A session as somebody copied it from a browser, a log or the database. Token and signature are secret. */
export interface ShownSession {
  /** Name of the cookie; null when only its value was given. */
  readonly name: string | null
  readonly token: string
  /** Null when a bare token was given. */
  readonly signature: string | null
  /** Until when the cookie cache beside it is believed, if it was given too. */
  readonly cacheUntil: Date | null
}

/** Longer than any header that servers take. */
const MAX_SHOWN_CHARACTERS = 16_384
/** Base64 of an HMAC-SHA256: 43 characters and one for padding. */
const SIGNATURE = /^[A-Za-z0-9+/]{43}=?$/

interface Pair {
  readonly name: string
  readonly value: string
}

/**
 * Reads a cookie's value, `name=value`, a whole `Cookie` header, or a bare token. Undefined when there is no session in
 * it.
 */
export function readShownSession(text: string, policy: CookiePolicy): ShownSession | undefined {
  const plain = text
    .slice(0, MAX_SHOWN_CHARACTERS)
    .trim()
    .replace(/^cookie:\s*/i, '')
    .replace(/^"(.*)"$/, '$1')
  const pairs = pairsOf(plain)
  const chosen =
    pairs.find(({ name }) => isSessionCookie(name, policy)) ?? (pairs.length === 1 ? pairs[0] : undefined)
  const value = decoded(pairs.length === 0 ? plain : (chosen?.value ?? ''))
  if (value === '' || /\s/.test(value)) return undefined
  const dot = value.lastIndexOf('.')
  const signature = value.slice(dot + 1)
  const isSigned = dot > 0 && SIGNATURE.test(signature)
  return {
    name: chosen?.name ?? null,
    token: isSigned ? value.slice(0, dot) : value,
    signature: isSigned ? signature : null,
    cacheUntil: cacheEnd(pairs),
  }
}

/** What ends in `=` is no pair: base64 is padded so. */
function pairsOf(text: string): readonly Pair[] {
  return text.split(';').flatMap((part) => {
    const equals = part.indexOf('=')
    const value = part.slice(equals + 1).trim()
    return equals < 1 || value === '' ? [] : [{ name: part.slice(0, equals).trim(), value }]
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const cacheSchema = z.object({ expiresAt: z.number() })

/** better-auth's cookie cache in its default form: JSON in base64url (1.7). The rest of it is about the user. */
function cacheEnd(pairs: readonly Pair[]): Date | null {
  const cache = pairs.find(({ name }) => /session_data$/.test(name))
  if (cache === undefined) return null
  try {
    const json: unknown = JSON.parse(Buffer.from(decoded(cache.value), 'base64url').toString('utf8'))
    return new Date(cacheSchema.parse(json).expiresAt)
  } catch {
    return null
  }
}
