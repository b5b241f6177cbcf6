import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoConfig } from '../../../src/commands/demo-config.ts'
import { createLogger } from '../../../src/commands/logger.ts'
import { openStateOf } from '../../../src/commands/open-state.ts'
import { type RunningWorker, startWorker } from '../../../src/commands/start-worker.ts'
import { applyBreakages } from '../../../src/demo/breakages.ts'
import { seed } from '../../../src/demo/seed.ts'
import { freePort } from '../../../src/embedded/free-port.ts'
import { stateDatabase } from '../../results/state-database.ts'
import { startCompiledFleet } from '../../support/compiled-fleet.ts'
import { closing, openTogether } from '../../support/open-together.ts'

const VERDICTS_MS = 40_000
const token = () => randomBytes(24).toString('base64url')

export interface DemoWorker extends Pick<RunningWorker, 'url' | 'latest'>, AsyncDisposable {}

/** A worker that watches two real servers and their broken database, and has looked at nearly everything once: some 10 s. */
export async function startDemoWorker(): Promise<DemoWorker> {
  return await openTogether(async (keep) => {
    const folder = await mkdtemp(join(tmpdir(), 'authwatch-pages-'))
    keep(closing(() => rm(folder, { recursive: true, force: true })))
    const [app, ownState] = [keep(await stateDatabase()), keep(await stateDatabase())]
    const port = String(await freePort())
    const ingest = { url: `http://127.0.0.1:${port}/ingest`, token: token() }
    const overrides = { ingest, attestationToken: token() }
    const fleet = keep(
      await startCompiledFleet({ databaseUrl: app.url, names: ['crm-a', 'crm-b'], overrides }),
    )
    const seeded = await seed(fleet)
    await applyBreakages(app.url, seeded)
    const config = await demoConfig(fleet, seeded, { app: app.url, state: ownState.url, port, folder })
    const state = keep(await openStateOf(config))
    const log = createLogger(config, quiet)
    const { store, url: stateUrl } = state
    const worker = keep(await startWorker({ config, store, stateUrl, log }))
    const deadline = Date.now() + VERDICTS_MS
    // Every check of the one database, every probe of both servers or of the fleet, but for those that start late.
    const atOnce = config.checks.filter((each) => !('startsAfter' in each))
    const expected = atOnce.reduce((sum, each) => sum + placesOf(each), 0)
    while (worker.latest.all().length < expected && Date.now() < deadline) await sleep(100)
    return { url: worker.url, latest: worker.latest }
  })
}

function placesOf(check: { readonly kind: string; readonly scope?: string }): number {
  return check.kind === 'probe' && check.scope === 'server' ? 2 : 1
}

const quiet = {
  ...{ env: {}, cwd: '/', colours: false, interactive: false, stop: new AbortController().signal },
  out: () => {},
  err: () => {},
  ask: () => Promise.reject(new Error('nobody is there')),
  read: () => Promise.reject(new Error('nobody is there')),
}
