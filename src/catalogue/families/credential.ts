import { family } from '../family.ts'

/** Whose names `minted_on` and `verified_on` take is the configuration's: its servers, and the minters listed here. */
export const credentialAccepted = family({
  name: 'credential_accepted',
  help: 'Whether a credential made on one server is accepted on another; no series where it could not be told.',
  labels: {
    kind: ['session', 'extension_token', 'api_key'],
    minted_on: ['authwatch', 'database'],
    verified_on: [],
  },
})
