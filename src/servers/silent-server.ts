import type { ServerAddress } from '../catalogue/fleet.ts'
import type { ServerClient } from '../catalogue/probe.ts'
import { NetworkFailure } from './network-failure.ts'

/**
 * A server that let a request time out a moment ago. It is not asked again: what would wait for it fails at once, as it
 * would have failed after the wait, and says who did wait.
 */
export function silentServer(address: ServerAddress, askedBy: string): ServerClient {
  const fail = () => Promise.reject(new NetworkFailure('timeout', { detail: { 'not asked after': askedBy } }))
  return {
    ...address,
    request: fail,
    // Without TLS there is nothing to ask for.
    certificateExpiry: () => (address.url.startsWith('https:') ? fail() : Promise.resolve(null)),
  }
}
