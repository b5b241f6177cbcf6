import { family } from '../family.ts'

/** 1 or 0; no series when it could not be told. Nothing of the secret shows in it. */
export const secretMismatch = family({
  name: 'secret_mismatch',
  help: 'Whether a server holds another secret than the expected one.',
  labels: { secret: ['auth', 'extension_token'] },
})

export const secretsDiffering = family({
  name: 'secrets_differing',
  help: 'Secrets that not all servers hold alike, or as expected, of those that the servers attest.',
  labels: {},
})
