import { settingsFault } from './changed-settings.ts'
import type { Fault } from './fault.ts'

export const setCookieStripped: Fault = settingsFault({
  id: 'F06',
  title: 'A proxy before one server strips Set-Cookie from its answers.',
  servers: 'one',
  change: () => ({ stripSetCookie: true }),
})

export const corsOriginMissing: Fault = settingsFault({
  id: 'F07',
  title: 'CORS_ORIGIN of one server lacks a browser origin.',
  servers: 'one',
  change: ({ corsOrigins }) => ({ corsOrigins: corsOrigins.slice(0, -1) }),
})

export const trustedOriginMissing: Fault = settingsFault({
  id: 'F08',
  title: 'trustedOrigins of one server lacks a browser origin, which meets 403 there.',
  servers: 'one',
  change: ({ trustedOrigins }) => ({ trustedOrigins: trustedOrigins.slice(0, -1) }),
})

export const hostileOriginAccepted: Fault = settingsFault({
  id: 'F09',
  title: 'One server accepts any origin: CORS with credentials, and sign-ins.',
  servers: 'one',
  change: ({ corsOrigins, trustedOrigins }) => ({
    corsOrigins: [...corsOrigins, '*'],
    trustedOrigins: [...trustedOrigins, '*'],
  }),
})
