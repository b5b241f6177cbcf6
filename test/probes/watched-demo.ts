import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check } from '../../src/catalogue/check.ts'
import type { Verdict } from '../../src/catalogue/result.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { demoConfig } from '../../src/commands/demo-config.ts'
import { openPlaces } from '../../src/commands/open-places.ts'
import type { Config } from '../../src/config/load.ts'
import type { DemoContext } from '../../src/demo/faults/fault.ts'
import { canaryOf } from '../../src/demo/faults/roles.ts'
import type { SettingsPatch } from '../../src/demo/fleet.ts'
import { seed } from '../../src/demo/seed.ts'
import { probeTargets } from '../../src/run/open-fleet.ts'
import { type Fleet, runProbe } from '../../src/run/run-probe.ts'
import { startCompiledFleet } from '../support/compiled-fleet.ts'
import { closing, openTogether } from '../support/open-together.ts'
import { outcome } from '../support/outcome.ts'
import { runCheck } from '../support/run-check.ts'

const SERVERS = ['crm-a', 'crm-b', 'crm-c'] as const
/** Name of the watched database, and so of the target of its checks. */
const DATABASE = 'crm'

/** What one check came to, by target: its state, or for a failure what was found. */
export type Outcomes = Readonly<Record<string, string | readonly string[]>>

/** The demo's CRM on three servers, and what the worker beside it is configured with. */
export interface WatchedDemo extends AsyncDisposable {
  readonly demo: DemoContext
  /** For the probes. */
  readonly watched: Fleet
  /**
   * Runs a check or a probe on each of its targets as the worker does. Findings of a probe read `step: reason`, those
   * of a database check are the keys of the rows.
   * @throws RangeError when there is no such check
   */
  look(id: string): Promise<Outcomes>
}

export interface WatchedDemoOptions {
  /** Of an empty database. */
  readonly databaseUrl: string
  /** For all servers, from the start. */
  readonly overrides?: SettingsPatch
}

/** Starts and fills it: some 10 s on two cores. */
export async function startWatchedDemo({
  databaseUrl,
  overrides = {},
}: WatchedDemoOptions): Promise<WatchedDemo> {
  return await openTogether(async (keep) => {
    const folder = await mkdtemp(join(tmpdir(), 'authwatch-watched-'))
    keep(closing(() => rm(folder, { recursive: true, force: true })))
    const attestationToken = randomBytes(24).toString('base64url')
    const settings = { attestationToken, ...overrides }
    const fleet = keep(await startCompiledFleet({ databaseUrl, names: SERVERS, overrides: settings }))
    const seeded = await seed(fleet)
    // No state is kept here: the address is never opened.
    const places = { app: databaseUrl, state: databaseUrl, port: '9', folder }
    const config = await demoConfig(fleet, seeded, places)
    const { fleet: watched } = keep(openPlaces(config))
    const demo = { fleet, seeded, databaseUrl }
    const look = (id: string) => lookWith({ demo, watched, config }, id)
    return { demo, watched, look }
  })
}

interface Lookout {
  readonly demo: DemoContext
  readonly watched: Fleet
  readonly config: Config
}

async function lookWith({ demo, watched, config }: Lookout, id: string): Promise<Outcomes> {
  const check: Check | undefined = catalogue.find((each) => each.id === id)
  if (check === undefined) throw new RangeError(`There is no check ${id}.`)
  if (check.kind !== 'probe') {
    // A grace of seconds would be waited for.
    const policy = { ...config.policy, signUpGrace: '1s' } as const
    const canaries = [canaryOf(demo.seeded).user.id]
    const verdict = await runCheck(check, { url: demo.databaseUrl }, { policy, canaries })
    return { [DATABASE]: keysOf(verdict) }
  }
  const all = probeTargets(check, watched).map(async (target) => {
    const run = { target, fleet: watched, clock: Date.now, onStep: () => {} }
    return [target, outcome((await runProbe(check, run)).verdict)] as const
  })
  return Object.fromEntries(await Promise.all(all))
}

function keysOf(verdict: Verdict): string | readonly string[] {
  return verdict.state === 'fail' ? verdict.findings.map(({ key }) => key).toSorted() : outcome(verdict)
}
