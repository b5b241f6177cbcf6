import { family } from '../family.ts'

/** A matrix: its `server` is a name from the configuration. */
export const serverClockSkew = family({
  name: 'server_clock_skew_seconds',
  help: 'Seconds by which a server is ahead of what most clocks say; negative when it is behind.',
  labels: { server: [] },
})

export const serverCertificateRemaining = family({
  name: 'server_certificate_remaining_seconds',
  help: 'Time until the TLS certificate that the server shows expires; negative once it has.',
  labels: {},
})
