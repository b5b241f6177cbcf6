import { z } from 'zod'
import type { Fleet, FleetServer, SettingsPatch } from '../fleet.ts'
import { type ServerSettings, serverSettingsSchema } from '../settings.ts'
import { type Fault, fault, type Site } from './fault.ts'

/** Faults of one server hit the last one. */
export function lastServer({ servers }: Fleet): FleetServer {
  return servers.at(-1)!
}

/** What a fault claims that changes a setting. */
export function settingClaim(server: FleetServer, setting: string): string {
  return `${server.name}:${setting}`
}

/** What a fault claims that no server may be restarted under. */
export function wholeServerClaims(server: FleetServer): readonly string[] {
  return Object.keys(server.settings).map((setting) => settingClaim(server, setting))
}

/** Restarts one server after the other with settings changed; if that fails, with those they were given. */
export async function changeSettings(
  { fleet, onFailure }: Site,
  { servers, patch }: { readonly servers: readonly FleetServer[]; readonly patch: SettingsPatch },
): Promise<void> {
  for (const { name } of servers) {
    onFailure(() => restoreSettings(fleet, { name, settings: Object.keys(patch) }))
    await fleet.restart(name, patch)
  }
}

/** Restarts a server with these settings as they were first given, and the others as they are. */
export async function restoreSettings(
  fleet: Fleet,
  { name, settings }: { readonly name: string; readonly settings: readonly string[] },
): Promise<void> {
  const server = fleet.server(name)
  const given = Object.entries(server.given).filter(([setting]) => settings.includes(setting))
  await fleet.restart(name, serverSettingsSchema.parse({ ...server.settings, ...Object.fromEntries(given) }))
}

export interface SettingsFault extends Pick<Fault, 'id' | 'title'> {
  readonly servers: 'one' | 'all'
  change(given: ServerSettings): SettingsPatch
}

/** A fault that is nothing but servers restarted with another setting. */
export function settingsFault({ id, title, servers, change }: SettingsFault): Fault {
  const hit = (fleet: Fleet) => (servers === 'one' ? [lastServer(fleet)] : fleet.servers)
  return fault({
    id,
    title,
    claims: ({ fleet }) =>
      hit(fleet).flatMap((server) =>
        Object.keys(change(server.given)).map((setting) => settingClaim(server, setting)),
      ),
    memo: z.null(),
    async make(site) {
      for (const server of hit(site.fleet)) {
        await changeSettings(site, { servers: [server], patch: change(server.given) })
      }
      return null
    },
    async mend({ fleet }) {
      for (const { name, given } of hit(fleet)) {
        await restoreSettings(fleet, { name, settings: Object.keys(change(given)) })
      }
    },
  })
}
