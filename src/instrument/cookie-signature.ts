import { createHmac, timingSafeEqual } from 'node:crypto'

/** How better-auth signs: HMAC-SHA256. */
const SIGNATURE_BYTES = 32
/** Some 100 KB. */
const MAX_KNOWN = 1_000

/**
 * Tells whether a cookie's value carries the signature of this secret. Remembers the last thousand that did: a browser
 * shows the same cookie with every request, and to compute it again costs more than all else that is done for one.
 */
export function cookieSignature(secret: string): (value: string) => boolean {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return true
    if (!isSigned(value, secret)) return false
    const [oldest] = known.size < MAX_KNOWN ? [] : known
    if (oldest !== undefined) known.delete(oldest)
    known.add(value)
    return true
  }
}

function isSigned(value: string, secret: string): boolean {
  const plain = decoded(value)
  const dot = plain.lastIndexOf('.')
  if (dot < 1) return false
  const signature = Buffer.from(plain.slice(dot + 1), 'base64')
  if (signature.length !== SIGNATURE_BYTES) return false
  return timingSafeEqual(signature, createHmac('sha256', secret).update(plain.slice(0, dot)).digest())
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
