import { z } from 'zod'
import {
  changeSettings,
  lastServer,
  restoreSettings,
  settingsFault,
  wholeServerClaims,
} from './changed-settings.ts'
import { type Fault, fault } from './fault.ts'

export const debugRouteOpen: Fault = settingsFault({
  id: 'F21',
  title: 'The debug route of one server answers anonymous requests in production.',
  servers: 'one',
  change: () => ({ debugRouteOpen: true }),
})

export const clockAhead: Fault = settingsFault({
  id: 'F22',
  title: 'The clock of one server is five minutes ahead.',
  servers: 'one',
  change: () => ({ clockOffsetMs: 5 * 60 * 1_000 }),
})

export const oneRateLimitForAll: Fault = settingsFault({
  id: 'F24',
  title:
    'One server reads client addresses from a header that no proxy sends, so all clients share one rate limit.',
  servers: 'one',
  change: () => ({ ipAddressHeaders: ['x-client-address'] }),
})

export const serverUnreachable: Fault = fault({
  id: 'F30',
  title: 'One server is stopped: its port refuses connections.',
  claims: ({ fleet }) => wholeServerClaims(lastServer(fleet)),
  memo: z.null(),
  async make({ fleet }) {
    await fleet.stop(lastServer(fleet).name)
    return null
  },
  mend: ({ fleet }) => fleet.restart(lastServer(fleet).name),
})

export const serverHangs: Fault = fault({
  id: 'F30b',
  title: 'One server hangs: it accepts connections and never answers.',
  claims: ({ fleet }) => wholeServerClaims(lastServer(fleet)),
  memo: z.null(),
  async make(site) {
    await changeSettings(site, { servers: [lastServer(site.fleet)], patch: { hang: true } })
    return null
  },
  mend: ({ fleet }) => restoreSettings(fleet, { name: lastServer(fleet).name, settings: ['hang'] }),
})
