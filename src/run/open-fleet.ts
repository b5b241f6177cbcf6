import type { ProbeCheck, SigningKeys } from '../catalogue/probe.ts'
import { signingKeys } from '../database/signing-keys.ts'
import { probeUserAgent } from '../servers/probe-user-agent.ts'
import { probeDispatcher } from '../servers/server-client.ts'
import { FLEET, type Fleet } from './run-probe.ts'
import type { Target } from './target.ts'

/** An origin that nobody declares, so whoever accepts it accepts anyone. The `.example` domain is reserved. */
const HOSTILE_ORIGIN = 'https://authwatch-hostile.example'

export type FleetOptions = Omit<Fleet, 'dispatcher' | 'hostileOrigin' | 'userAgent' | 'silent'> & {
  readonly version: string
}

/** The application's servers with connections of their own. Opens none yet; whoever opens it disposes it. */
export function openFleet({ version, ...options }: FleetOptions): Fleet & AsyncDisposable {
  const dispatcher = probeDispatcher()
  const userAgent = probeUserAgent(version)
  const close = () => dispatcher[Symbol.asyncDispose]()
  return { ...options, userAgent, dispatcher, hostileOrigin: HOSTILE_ORIGIN, [Symbol.asyncDispose]: close }
}

/** Where a probe runs: on each server, or once for all. */
export function probeTargets(
  { scope }: Pick<ProbeCheck, 'scope'>,
  { servers }: Pick<Fleet, 'servers'>,
): readonly string[] {
  if (servers.length === 0) return []
  return scope === 'fleet' ? [FLEET] : servers.map(({ name }) => name)
}

/** The signing keys of the servers' database: the first that is configured. */
export function signingKeysOf([first]: readonly Target[]): SigningKeys | undefined {
  return first === undefined ? undefined : signingKeys({ database: first.database, names: first.names })
}
