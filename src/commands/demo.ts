import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, isProbeCheck } from '../catalogue/check.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Config } from '../config/load.ts'
import { applyBreakages } from '../demo/breakages.ts'
import { serveControl } from '../demo/control.ts'
import { ControlError } from '../demo/control-error.ts'
import type { DemoContext } from '../demo/faults/fault.ts'
import { type Fleet, startFleet } from '../demo/fleet.ts'
import { type Seeded, seed } from '../demo/seed.ts'
import { runTraffic } from '../demo/traffic.ts'
import { freePort } from '../embedded/free-port.ts'
import { startEmbeddedPostgres } from '../embedded/postgres.ts'
import { demoConfig, ENVIRONMENT_FILE } from './demo-config.ts'
import { createLogger } from './logger.ts'
import { openStateOf } from './open-state.ts'
import { untilStopped } from './serve.ts'
import { type RunningWorker, startWorker } from './start-worker.ts'
import { checkTable, findingsText } from './terminal/check-table.ts'
import { palette } from './terminal/colours.ts'
import { probeMatrix, probeRemarks } from './terminal/probe-matrix.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'

export interface DemoOptions {
  readonly port: string
  /** Stop after the verdicts are printed. */
  readonly once: boolean
}

const FIRST_VERDICTS_MS = 30_000
const SERVERS = ['crm-a', 'crm-b']

/** Its servers are told where the worker will be; what they count before it is there arrives when it is. */
function startReportingFleet(databaseUrl: string, port: string): Promise<Fleet> {
  const overrides = {
    ingest: { url: `http://127.0.0.1:${port}/ingest`, token: randomToken() },
    attestationToken: randomToken(),
  }
  return startFleet({ databaseUrl, names: SERVERS, overrides })
}

function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

type Step = <T>(sentence: string, work: Promise<T>) => Promise<T>

/** Prints each step when it is done, with its time: the demo is also how a newcomer learns what happens. */
function steps(terminal: Terminal): Step {
  const { dim, green } = palette(terminal)
  return async (sentence, work) => {
    const begun = performance.now()
    const value = await work
    const took = ((performance.now() - begun) / 1000).toFixed(1)
    terminal.out(`${green('✓')} ${sentence} ${dim(`${took} s`)}\n`)
    return value
  }
}

/** Until each check has a verdict, or it has become clear that something is wrong. */
async function firstVerdicts({ latest }: RunningWorker, config: Config, stop: AbortSignal): Promise<void> {
  const deadline = performance.now() + FIRST_VERDICTS_MS
  const { databases, fleet } = config
  const places = ({ kind, scope }: { kind: Check['kind']; scope?: ProbeCheck['scope'] }): number =>
    kind === 'probe' ? (scope === 'fleet' ? 1 : fleet.servers.length) : databases.length
  const expected = config.checks.reduce((sum, check) => sum + places(check), 0)
  while (latest.all().length < expected && performance.now() < deadline && !stop.aborted) {
    await sleep(50)
  }
}

interface Shown {
  readonly worker: RunningWorker
  readonly config: Config
  readonly fleet: Fleet
  readonly seeded: Seeded
  readonly folder: string
}

function report({ worker, config, fleet, seeded, folder }: Shown, terminal: Terminal): void {
  const { bold, dim } = palette(terminal)
  const results = worker.latest.all()
  const probes = config.checks.filter(isProbeCheck)
  const isProbe = new Set<string>(probes.map(({ id }) => id))
  const inside = results.filter(({ check }) => !isProbe.has(check))
  const outside = results.filter(({ check }) => isProbe.has(check))
  const servers = fleet.servers.map(({ name }) => name)
  terminal.out(`\n${checkTable(config.checks, inside, terminal)}\n`)
  terminal.out(`\n${findingsText(inside, terminal)}\n`)
  terminal.out(`\n${probeMatrix({ probes, servers, results: outside, terminal })}\n`)
  const remarks = probeRemarks(outside, terminal)
  if (remarks !== '') terminal.out(`\n${remarks}\n`)
  const urls = [
    ['metrics', `${worker.url}/metrics`],
    ['page', `${worker.url}/`],
    ...fleet.servers.map(({ name, url }) => [name, url]),
  ]
  terminal.out(`\n${urls.map(([name = '', url = '']) => `${bold(name.padEnd(8))} ${url}`).join('\n')}\n`)
  terminal.out(
    dim(
      `\nAsk it from another terminal: . ${join(folder, ENVIRONMENT_FILE)}\n` +
        `Then: npx authwatch diagnose user ${seeded.users.at(-1)?.email ?? ''}; check, probe, doctor and the rest as well.\n` +
        'Break it: npx authwatch demo fault F03 on (npx authwatch demo fault lists them).\n' +
        'The runbook is alerts/README.md. Ctrl-C stops everything and leaves nothing behind.\n',
    ),
  )
}

/** Lets `authwatch demo fault` reach this demo. A second demo of the same person runs without it. */
async function controlOf(context: DemoContext, terminal: Terminal): Promise<AsyncDisposable | null> {
  try {
    return await serveControl({ context })
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    terminal.err(`authwatch: ${error.message}\n`)
    return null
  }
}

async function watch(context: DemoContext, terminal: Terminal): Promise<void> {
  const { fleet, seeded } = context
  await using _control = await controlOf(context, terminal)
  const ending = new AbortController()
  const traffic = runTraffic({ fleet, seeded, signal: ending.signal })
  await untilStopped(terminal)
  terminal.err('\nstopping …\n')
  ending.abort()
  await traffic
}

/** `authwatch demo`: a small CRM of real servers, broken the way the runbook describes, and watched. */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const step = steps(terminal)
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-demo-'))
  try {
    const starting = startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres'), removeOnStop: true })
    await using server = await step('PostgreSQL started', starting)
    await server.createDatabase('crm')
    await server.createDatabase('authwatch')
    const urls = { app: server.url('crm'), state: server.url('authwatch') }
    const port = options.port === '0' ? String(await freePort()) : options.port
    await using fleet = await step(
      `${SERVERS.length} better-auth servers started`,
      startReportingFleet(urls.app, port),
    )
    const seeded = await step('people, organizations, keys and sessions made through its API', seed(fleet))
    const broken = await step('rows broken the way the runbook describes', applyBreakages(urls.app, seeded))
    const { dim } = palette(terminal)
    terminal.out(`${broken.map((sentence) => dim(`    ${sentence}`)).join('\n')}\n`)
    // In a container, the demo is watched from outside of it.
    const { AUTHWATCH_HTTP_HOST, AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED } = terminal.env
    const http = { AUTHWATCH_HTTP_HOST, AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED }
    const config = await demoConfig(fleet, seeded, { ...urls, http, port, folder })
    await using state = await openStateOf(config)
    const log = createLogger(config, terminal)
    const starter = startWorker({ config, store: state.store, stateUrl: state.url, log })
    await using worker = await step('worker started', starter)
    await step('every check run', firstVerdicts(worker, config, terminal.stop))
    report({ worker, config, fleet, seeded, folder }, terminal)
    if (!options.once) await watch({ fleet, seeded, databaseUrl: urls.app }, terminal)
    // Before the worker, which their last events still go to.
    await fleet[Symbol.asyncDispose]()
    return exitCodes.pass
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
