import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Config, loadConfig } from '../config/load.ts'
import { SESSION_COOKIE } from '../demo/cookie-policy.ts'
import { canaryOf, canarySessionOf, foreignTenantOf, organizationOf } from '../demo/faults/roles.ts'
import type { Fleet } from '../demo/fleet.ts'
import type { Seeded } from '../demo/seed.ts'
import { catalogue } from './catalogue.ts'

export interface DemoPlaces {
  /** The application's database. */
  readonly app: string
  /** The state database. */
  readonly state: string
  readonly port: string
  /** What the environment of the demo says about where it may be asked; by default on loopback only. */
  readonly http?: Readonly<
    Record<'AUTHWATCH_HTTP_HOST' | 'AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED', string | undefined>
  >
  /** Where the demo's `authwatch.yaml` is written: the demo is configured as any application is. */
  readonly folder: string
}

/** The demo is small and fresh, so it must be told of less than a grown application. */
const THRESHOLDS = { 'session.expired_backlog': { thresholds: { offenders: 100 } } }

function fileOf(fleet: Fleet, seeded: Seeded) {
  const { settings } = fleet.servers[0]!
  const canary = canaryOf(seeded)
  return {
    databases: [{ name: 'crm' }],
    servers: fleet.servers.map(({ name, url, publicUrl }) => ({ name, url, publicUrl })),
    origins: settings.trustedOrigins,
    routes: {
      tenant: '/api/records',
      extension: '/api/actions/refresh',
      debug: '/debug/session',
      attestation: '/authwatch/attestation',
    },
    canary: {
      tenant: canary.user.organization,
      foreignTenant: foreignTenantOf(seeded),
      userId: canary.user.id,
      organizationId: organizationOf(seeded, canary.user).id,
    },
    // Everything in the demo was made a moment ago.
    policy: {
      signUpGrace: '10s',
      cookie: { name: SESSION_COOKIE },
      extensionToken: { scopes: ['actions:invoke'] },
    },
    checks: THRESHOLDS,
  }
}

/** The file in the demo's folder that a shell reads to ask about the demo with any other command. */
export const ENVIRONMENT_FILE = 'environment'

/** Writes the demo's configuration file and reads it the way `serve` does. */
export async function demoConfig(fleet: Fleet, seeded: Seeded, places: DemoPlaces): Promise<Config> {
  await writeFile(join(places.folder, 'authwatch.yaml'), stringify(fileOf(fleet, seeded)))
  const canary = canaryOf(seeded)
  const { ingest, attestationToken } = fleet.servers[0]!.settings
  const env = {
    DATABASE_URL: places.app,
    STATE_DATABASE_URL: places.state,
    ...places.http,
    AUTHWATCH_HTTP_PORT: places.port,
    AUTHWATCH_LOG_LEVEL: 'error',
    BETTER_AUTH_SECRET: fleet.secrets.auth,
    EXTENSION_TOKEN_SECRET: fleet.secrets.extensionToken,
    AUTHWATCH_CANARY_EMAIL: canary.user.email,
    AUTHWATCH_CANARY_PASSWORD: seeded.password,
    AUTHWATCH_CANARY_API_KEY: canary.apiKey.key,
    AUTHWATCH_CANARY_SESSION: canarySessionOf(seeded),
    AUTHWATCH_INGEST_TOKEN: ingest?.token,
    AUTHWATCH_ATTESTATION_TOKEN: attestationToken,
  }
  const forShells = { ...env, AUTHWATCH_CONFIG: join(places.folder, 'authwatch.yaml') }
  const lines = Object.entries(forShells).flatMap(([name, value]) =>
    value === undefined ? [] : [`export ${name}='${value}'\n`],
  )
  // The demo's own secrets, which end with it, and still nobody else's to read.
  await writeFile(join(places.folder, ENVIRONMENT_FILE), lines.join(''), { mode: 0o600 })
  return loadConfig({ env, cwd: places.folder, catalogue })
}
