import type { ServerAddress } from '../catalogue/fleet.ts'

/** The origin to send where better-auth wants one: the first declared, else the server's own, which it always trusts. */
export function ownOrigin(server: ServerAddress, origins: readonly string[]): string {
  return origins[0] ?? new URL(server.publicUrl).origin
}
