import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { catalogue } from '../../src/commands/catalogue.ts'
import { demoConfig } from '../../src/commands/demo-config.ts'
import { type Config, loadConfig } from '../../src/config/load.ts'
import type { DemoContext } from '../../src/demo/faults/fault.ts'
import { seed } from '../../src/demo/seed.ts'
import { runTraffic } from '../../src/demo/traffic.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { type OwnServer, ownServer } from '../commands/own-server.ts'
import { startCompiledFleet } from '../support/compiled-fleet.ts'
import { openTogether } from '../support/open-together.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { startServe, type TestWorker, workerFolder } from '../support/worker.ts'

export const SERVERS = ['crm-a', 'crm-b', 'crm-c'] as const
export const WORKERS = ['worker-a', 'worker-b'] as const
export type WorkerName = (typeof WORKERS)[number]

/** The shortest that a configuration may say. */
const EVERY = '10s'
/** As many as leave the machine time for the rest; a round of traffic has 20 of them. */
const ACTIONS_PER_SECOND = 4
/** What one server counts arrives soon, where a window of five minutes is seconds long. */
const INGEST_INTERVAL_MS = 500

/** A deployment: three servers under traffic, their database, and two workers with a state and a queue of their own. */
export interface World extends AsyncDisposable {
  readonly demo: DemoContext
  readonly config: Config
  readonly application: OwnServer
  readonly state: OwnServer
  readonly redis: TestRedis
  /** `host:port`, which stays when a worker is started again. */
  readonly addresses: Readonly<Record<WorkerName, string>>
  /** The one that was started last by this name. */
  worker(name: WorkerName): TestWorker
  startWorker(name: WorkerName): Promise<void>
}

/** Starts all of it, in good health: a quarter of a minute on two cores. */
export async function startWorld(): Promise<World> {
  return await openTogether(async (keep) => {
    const folder = keep(await workerFolder('authwatch-faults-'))
    const application = keep(await ownServer(['crm']))
    const state = keep(await ownServer(['authwatch']))
    const redis = keep(await startRedis())
    const ports = { 'worker-a': await freePort(), 'worker-b': await freePort() }
    const databaseUrl = application.url('crm')
    const ingest = { url: `http://127.0.0.1:${ports['worker-a']}/ingest`, token: randomToken() }
    const fleet = keep(
      await startCompiledFleet({
        databaseUrl,
        names: SERVERS,
        overrides: {
          ingest: { ...ingest, intervalMs: INGEST_INTERVAL_MS },
          attestationToken: randomToken(),
          // Probes ask many times as often as in production, from one address.
          rateLimit: false,
        },
      }),
    )
    const seeded = await seed(fleet)
    const demo = { fleet, seeded, databaseUrl }
    const places = { app: databaseUrl, state: state.url('authwatch'), port: '9', folder: folder.path }
    const config = await fastConfig(demo, places)
    const workers = openWorkers({ config, redisUrl: redis.url, ports, cwd: folder.path })
    keep(workers)
    keep(traffic(demo))
    await Promise.all(WORKERS.map(workers.startWorker))
    const addresses = {
      'worker-a': `127.0.0.1:${ports['worker-a']}`,
      'worker-b': `127.0.0.1:${ports['worker-b']}`,
    }
    const { worker, startWorker } = workers
    return { demo, config, application, state, redis, addresses, worker, startWorker }
  })
}

/** The demo's own configuration with every check as often as can be, and with the thresholds of production. */
async function fastConfig(demo: DemoContext, places: Parameters<typeof demoConfig>[2]): Promise<Config> {
  const config = await demoConfig(demo.fleet, demo.seeded, places)
  const path = join(places.folder, 'authwatch.yaml')
  const file = z.record(z.string(), z.unknown()).parse(parse(await readFile(path, 'utf8')))
  const checks = Object.fromEntries(catalogue.map(({ id }) => [id, { every: EVERY }]))
  await writeFile(path, stringify({ ...file, checks }))
  return loadConfig({ env: environmentOf(config), cwd: places.folder, catalogue })
}

/** What a worker of this configuration is started with, beside the file. */
function environmentOf({ databases, state, fleet, ingestTokens }: Config): Readonly<Record<string, string>> {
  const { canaries, secrets } = fleet
  const env = {
    DATABASE_URL: databases[0]?.url,
    STATE_DATABASE_URL: state.url ?? undefined,
    BETTER_AUTH_SECRET: secrets.auth,
    EXTENSION_TOKEN_SECRET: secrets.extensionToken,
    AUTHWATCH_ATTESTATION_TOKEN: secrets.attestationToken,
    AUTHWATCH_CANARY_EMAIL: canaries.account?.email,
    AUTHWATCH_CANARY_PASSWORD: canaries.account?.password,
    AUTHWATCH_CANARY_SESSION: canaries.session,
    AUTHWATCH_CANARY_API_KEY: canaries.apiKey,
    AUTHWATCH_INGEST_TOKEN: ingestTokens[0],
  }
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function openWorkers(options: {
  readonly config: Config
  readonly redisUrl: string
  readonly ports: Readonly<Record<WorkerName, number>>
  readonly cwd: string
}): Pick<World, 'worker' | 'startWorker'> & AsyncDisposable {
  const { config, redisUrl, ports, cwd } = options
  const running = new Map<WorkerName, TestWorker>()
  return {
    worker: (name) => {
      const found = running.get(name)
      if (found === undefined) throw new RangeError(`${name} was never started`)
      return found
    },
    async startWorker(name) {
      const env = { ...environmentOf(config), REDIS_URL: redisUrl, AUTHWATCH_HTTP_PORT: String(ports[name]) }
      running.set(name, await startServe({ env, cwd }))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running.values()].map((worker) => worker[Symbol.asyncDispose]()))
    },
  }
}

function traffic({ fleet, seeded }: DemoContext): AsyncDisposable {
  const ending = new AbortController()
  const done = runTraffic({ fleet, seeded, signal: ending.signal, actionsPerSecond: ACTIONS_PER_SECOND })
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await done
    },
  }
}

function randomToken(): string {
  return randomBytes(32).toString('base64url')
}
