import { family } from '../family.ts'

export const jwksPublishedKeys = family({
  name: 'jwks_published_keys',
  help: 'Public keys that a server publishes; absent where the jwt plugin is off.',
  labels: {},
})

export const jwksStoredKeys = family({
  name: 'jwks_stored_keys',
  help: 'Signing keys in the database that have not expired, by whether the expected secret decrypts them; unknown: encrypted under versioned secrets, and not with this one.',
  labels: { state: ['decryptable', 'undecryptable', 'unknown'] },
})

export const jwksSigningKeyAge = family({
  name: 'jwks_signing_key_age_seconds',
  help: 'Time since the newest signing key was made; absent when there is none.',
  labels: {},
})
