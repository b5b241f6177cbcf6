import { milliseconds } from '../../catalogue/duration.ts'
import type { ServerClient } from '../../catalogue/probe.ts'
import type { Fleet } from '../../run/run-probe.ts'
import { serverClient } from '../../servers/server-client.ts'

/** All requests of one diagnosis to one server. */
const TIMEOUT = milliseconds('10s')

/** A client for each server, or for the one that is named. Its requests end after ten seconds in all. */
export function clientsOf(fleet: Fleet, only?: string): readonly ServerClient[] {
  const { userAgent, dispatcher } = fleet
  return fleet.servers
    .filter(({ name }) => only === undefined || name === only)
    .map((address) =>
      serverClient({ address, userAgent, dispatcher, signal: AbortSignal.timeout(TIMEOUT), now: Date.now }),
    )
}
