import { createHmac, hkdfSync } from 'node:crypto'

/**
 * What a server that holds the secret answers to the challenge: see `src/instrument/attestation/fingerprint.ts`, which is the other
 * side and shares no code with this one, since applications import it.
 */
export function secretFingerprint(options: {
  readonly name: string
  readonly secret: string
  readonly challenge: Uint8Array
}): string {
  const { name, secret, challenge } = options
  const key = hkdfSync('sha256', secret, challenge, `authwatch attestation ${name}`, 32)
  return createHmac('sha256', Buffer.from(key)).update('v1').digest('hex')
}
