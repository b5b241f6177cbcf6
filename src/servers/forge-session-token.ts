import { createHmac, randomBytes } from 'node:crypto'

/**
 * The value of a session cookie as better-auth signs it: `token.base64(HMAC-SHA256(secret, token))`, URL-encoded
 * (better-auth 1.7). The token is random, so no session has it: a server that holds the secret clears the cookie,
 * one that does not leaves it alone, and neither writes a row.
 */
export function forgeSessionCookie(secret: string): string {
  const token = randomBytes(24).toString('base64url')
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  return encodeURIComponent(`${token}.${signature}`)
}
