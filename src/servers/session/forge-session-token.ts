import { createHmac, randomBytes } from 'node:crypto'

/** The value of a session cookie as better-auth 1.7 signs it: `token.base64(HMAC-SHA256(secret, token))`, URL-encoded. */
export function signSessionToken({
  token,
  secret,
}: {
  readonly token: string
  readonly secret: string
}): string {
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  return encodeURIComponent(`${token}.${signature}`)
}

/**
 * A session cookie's value for a random token, so that no session has it: a server that holds the secret clears the
 * cookie, one that does not leaves it alone, and neither writes a row.
 */
export function forgeSessionCookie(secret: string): string {
  return signSessionToken({ token: randomBytes(24).toString('base64url'), secret })
}
