import { catalogue } from '../../../src/commands/catalogue.ts'
import type { FleetServer } from '../../../src/demo/fleet.ts'

/** The shortest that a configuration may say. */
export const INTERVAL_MS = 10_000
/** A shared scan, another one, a query, a look at the schema. */
const CHECKS = ['session.population', 'user.population', 'session.user_missing', 'schema.index_missing']
const PROBES = ['server.not_answering']
/** The application's database: its name, and that of the target. */
export const TARGET = 'crm'
/** Short, so that a lease which a killed worker leaves behind ends before the tick after the next. */
const CHECK_TIMEOUT = '1s'
const PROBE_TIMEOUT = '2s'

/** A check on a target, which every worker is to show. */
export interface Watched {
  readonly check: string
  readonly target: string
}

/** What a worker is configured with, beside where its backends are. */
export function watchConfig(
  servers: readonly Pick<FleetServer, 'name' | 'url' | 'publicUrl'>[],
): Readonly<Record<string, unknown>> {
  const every = `${INTERVAL_MS / 1_000}s`
  const pace = (id: string) => {
    if (CHECKS.includes(id)) return { every, timeout: CHECK_TIMEOUT }
    if (PROBES.includes(id)) return { every, timeout: PROBE_TIMEOUT }
    return { enabled: false }
  }
  return {
    databases: [{ name: TARGET }],
    servers: servers.map(({ name, url, publicUrl }) => ({ name, url, publicUrl })),
    checks: Object.fromEntries(catalogue.map(({ id }) => [id, pace(id)])),
  }
}

export function watchedOn(servers: readonly string[]): readonly Watched[] {
  return [
    ...CHECKS.map((check) => ({ check, target: TARGET })),
    ...PROBES.flatMap((check) => servers.map((target) => ({ check, target }))),
  ]
}

export const isProbe = ({ check }: Watched): boolean => PROBES.includes(check)
