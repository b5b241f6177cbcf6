import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/embedded/free-port.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { forwardTo } from '../results/forwarder.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker, workerFolder } from '../support/worker.ts'
import { readRest, readStored, waitForShown, watchTotal } from './read-totals.ts'
import { createStorm, type Storm, type Tallied, total } from './storm.ts'

export const SERVERS = ['crm-a', 'crm-b', 'crm-c', 'crm-d'] as const
const TOKEN = 'Y2hhb3MgaW4gYSB0ZXN0IG9ubHk1Njc4OTA'
const DATABASE = 'state'
/** The longest time from when a worker is busy to when something happens to it. */
const LIFE_MS = 500

export interface ChaosOptions {
  readonly events: number
  /** How often the worker is killed outright, and started again. */
  readonly kills: number
  readonly stateRestarts: number
  readonly redisRestarts: number
  readonly onProgress: (line: string) => void
}

export interface ChaosReport {
  readonly sent: Tallied
  /** What the state database holds. */
  readonly stored: Tallied
  /** What the last worker shows in `/metrics`. */
  readonly shown: Tallied
  readonly dropped: number
  readonly batches: number
  readonly delivered: boolean
  readonly refusals: Readonly<Record<string, number>>
  /** Series that an earlier scrape had shown to be more, the first ones. */
  readonly stepsBack: readonly string[]
  readonly scrapes: number
  readonly seconds: number
}

/** The parts that are broken, each real, each reached under an address that stays. */
interface Stage {
  readonly stateUrl: (database: string) => string
  restartState(): Promise<void>
  readonly redis: TestRedis | undefined
  startWorker(): Promise<TestWorker>
  readonly url: string
}

/**
 * Events from four sources while everything that can be is killed: worker, state database, Redis. Each phase is one
 * life of the worker; events go on also while there is none.
 */
export async function ingestChaos(options: ChaosOptions): Promise<ChaosReport> {
  const began = performance.now()
  const { kills, onProgress } = options
  const opened: AsyncDisposable[] = []
  try {
    const stage = await openStage(options, (part) => opened.push(part))
    const storm = createStorm({ url: `${stage.url}/ingest`, token: TOKEN, servers: SERVERS })
    const watch = watchTotal(stage.url)
    opened.push(watch)
    for (let phase = 0; phase < kills; phase += 1) {
      await onePhase({ ...options, phase, stage, storm })
      const { refusals, sent } = storm
      onProgress(`${phase + 1} of ${kills}: ${total(sent.events)} events, refused ${told(refusals)}`)
    }
    const worker = await stage.startWorker()
    opened.push(worker)
    const rest = options.events / SERVERS.length - kills * shareOf(options)
    await emitAll(storm, rest, AbortSignal.timeout(LIFE_MS))
    const closed = await Promise.all(storm.sources.map(({ client }) => client.close(60_000)))
    const stored = await readStored(stage.stateUrl(DATABASE))
    const shown = await waitForShown(worker, total(stored.events))
    return {
      ...{ sent: storm.sent, stored, shown, ...(await readRest(stage.stateUrl(DATABASE))) },
      delivered: closed.every((done) => done),
      refusals: Object.fromEntries(storm.refusals),
      ...watch.seen(),
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    for (const part of opened.reverse()) await part[Symbol.asyncDispose]()
  }
}

/** There is one phase more than there are kills, in which what is left of the events is sent. */
const shareOf = ({ events, kills }: ChaosOptions): number => Math.floor(events / SERVERS.length / (kills + 1))

async function emitAll({ sources }: Storm, count: number, hurry: AbortSignal): Promise<void> {
  await Promise.all(sources.map(({ emit }) => emit(count, hurry)))
}

async function onePhase(
  options: ChaosOptions & { readonly phase: number; readonly stage: Stage; readonly storm: Storm },
): Promise<void> {
  const { phase, kills, stateRestarts, redisRestarts, stage, storm } = options
  const worker = await stage.startWorker()
  const ending = new AbortController()
  try {
    const emitting = emitAll(storm, shareOf(options), ending.signal)
    await untilBusy(worker)
    await sleep(randomInt(LIFE_MS))
    const isDue = (times: number) =>
      Math.floor(((phase + 1) * times) / kills) > Math.floor((phase * times) / kills)
    const faults: Promise<unknown>[] = []
    if (isDue(stateRestarts)) faults.push(stage.restartState())
    if (isDue(redisRestarts)) faults.push(restartRedis(stage.redis))
    await Promise.all(faults)
    if (faults.length > 0) await untilBusy(worker)
    // Killed at any point of a batch's way.
    await sleep(randomInt(100))
    await worker.kill()
    ending.abort()
    await emitting
  } finally {
    ending.abort()
    await worker[Symbol.asyncDispose]()
  }
}

/** However slow the machine is, no life of a worker shall pass without work. */
async function untilBusy(worker: TestWorker): Promise<void> {
  const metric = 'authwatch_http_requests_total'
  const labels = { route: '/ingest', status: '200' }
  const before = (await worker.value(metric, labels)) ?? 0
  await worker.until({ metric, labels, is: (value) => value >= before + 12, withinMs: 30_000 })
}

async function restartRedis(redis: TestRedis | undefined): Promise<void> {
  await redis?.kill()
  await redis?.start()
}

async function openStage(
  { redisRestarts }: ChaosOptions,
  own: (part: AsyncDisposable) => void,
): Promise<Stage> {
  const folder = await workerFolder('authwatch-chaos-')
  own(folder)
  const start = () => startEmbeddedPostgres({ dataDirectory: join(folder.path, 'postgres') })
  let state: EmbeddedPostgres = await start()
  own({ [Symbol.asyncDispose]: () => state.stop() })
  await state.createDatabase(DATABASE)
  const forwarder = await forwardTo(state.port)
  own(forwarder)
  const stateUrl = (database: string) => {
    const url = new URL(state.url(database))
    url.port = String(forwarder.port)
    return url.href
  }
  const redis = redisRestarts === 0 ? undefined : await startRedis()
  if (redis !== undefined) own(redis)
  const port = await freePort()
  const env = {
    DATABASE_URL: stateUrl('postgres'),
    STATE_DATABASE_URL: stateUrl(DATABASE),
    AUTHWATCH_HTTP_PORT: String(port),
    AUTHWATCH_INGEST_TOKEN: TOKEN,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
  }
  const servers = SERVERS.map((name) => ({ name, url: 'http://127.0.0.1:9' }))
  // One check, so that the queue has work too.
  const config = { servers, checks: onlyChecks(['user.population'], { every: '10s' }) }
  return {
    ...{ stateUrl, redis, url: `http://127.0.0.1:${port}` },
    startWorker: () => startServe({ env, config }),
    async restartState() {
      await state.stop()
      state = await start()
      forwarder.aim(state.port)
    },
  }
}

const told = (refusals: ReadonlyMap<string, number>) => JSON.stringify(Object.fromEntries(refusals))
