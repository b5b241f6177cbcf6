import { family } from '../family.ts'

/** Measured with a session of the canary's; `server` is added where results are rendered. */
export const sessionRevocationLag = family({
  name: 'session_revocation_lag_seconds',
  help: 'Longest time a revoked session is still accepted: the Max-Age of the cookie cache that was seen to be, else 0.',
  labels: {},
})

export const canarySessionExpiry = family({
  name: 'canary_session_expires_in_seconds',
  help: 'Time until the long-lived canary session expires, unless it is refreshed before.',
  labels: {},
})
