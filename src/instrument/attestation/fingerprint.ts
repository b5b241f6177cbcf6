import { createHmac, hkdfSync } from 'node:crypto'

/** Bytes below which a challenge could come again by chance. */
export const MIN_CHALLENGE_BYTES = 16

/**
 * Proves which secret a server holds, to who holds it too, for one challenge: HMAC-SHA256 of `v1`, in hexadecimal,
 * under HKDF-SHA256 of the secret with the challenge as salt and `authwatch attestation <name>` as info.
 *
 * Who records it can compare it with nothing but other answers to the same challenge, and cannot compute another.
 * But a secret that can be guessed can be confirmed with it, off line and fast: this is for random secrets only.
 */
export function fingerprint({
  name,
  secret,
  challenge,
}: {
  readonly name: string
  readonly secret: string
  readonly challenge: Uint8Array
}): string {
  const key = hkdfSync('sha256', secret, challenge, `authwatch attestation ${name}`, 32)
  return createHmac('sha256', Buffer.from(key)).update('v1').digest('hex')
}
