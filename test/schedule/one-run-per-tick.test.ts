import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { ask } from '../commands/own-server.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { SCHEMAS } from '../support/schemas/index.ts'
import { onlyChecks, startServe, type TestWorker, workerFolder } from '../support/worker.ts'
import { expectOneRunPerTick, firstTickAfter, INTERVAL_MS } from './ticks.ts'

// Most of this is waiting for ticks, so all numbers of workers wait at the same time.
vi.setConfig({ testTimeout: 240_000, maxConcurrency: 10 })

const TICKS = 4
const WITHIN_MS = 60_000
/** One scan that two checks share, one query, one look at the schema. */
const CHECKS = ['schema.index_missing', 'session.population', 'session.user_missing', 'user.duplicate_email']
const TARGETS = ['one', 'two', 'three']

/** A server of their own: so many workers take more connections than the tests share. */
let server: EmbeddedPostgres
let folder: Awaited<ReturnType<typeof workerFolder>>
let redis: TestRedis

beforeAll(async () => {
  folder = await workerFolder('authwatch-ticks-')
  const settings = { max_connections: '500' }
  server = await startEmbeddedPostgres({ dataDirectory: folder.path, removeOnStop: true, settings })
  await server.createDatabase('app')
  await SCHEMAS.camelCase.build(server.url('app'))
  redis = await startRedis()
})

afterAll(async () => {
  await redis?.[Symbol.asyncDispose]()
  await server?.stop()
  await folder?.[Symbol.asyncDispose]()
})

const config = {
  databases: TARGETS.map((name) => ({ name })),
  checks: onlyChecks(CHECKS, { every: '10s' }),
}

async function startWorkers(
  count: number,
  env: Readonly<Record<string, string>>,
): Promise<readonly TestWorker[] & AsyncDisposable> {
  const options = { config, env: { DATABASE_URL: server.url('app'), ...env } }
  const workers = await Promise.all(Array.from({ length: count }, () => startServe(options)))
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  return Object.assign(workers, { [Symbol.asyncDispose]: stop })
}

async function expectWorkersToShare(count: number, env: Readonly<Record<string, string>>): Promise<void> {
  const database = `state_of_${count}_${Object.keys(env).length}`
  await server.createDatabase(database)
  const url = server.url(database)
  const state = { query: (sql: string) => ask(url, sql) }
  await using workers = await startWorkers(count, { STATE_DATABASE_URL: url, ...env })
  await untilAll(workers, 'authwatch_state_up', 1)
  const from = await firstTickAfter(CHECKS.length * TARGETS.length, state)
  const bypassedBefore = await sum(workers, 'authwatch_queue_bypassed_runs_total')
  const until = from.getTime() + TICKS * INTERVAL_MS + 2_000
  await sleep(until - Date.now())
  await untilAll(workers, 'authwatch_results_pending', 0)

  const places = await expectOneRunPerTick({ state, from, ticks: TICKS, checks: CHECKS, targets: TARGETS })
  // Targets have their places within the interval, so that they are not all asked at once.
  expect(new Set(places).size).toBeGreaterThan(1)
  const [{ workers: used } = { workers: 0 }] = await state.query(
    'select count(distinct worker)::int as workers from check_run',
  )
  expect(used).toBe(count)
  // On a machine that is too busy some jobs are taken past the queue, and still run once.
  const bypassed = (await sum(workers, 'authwatch_queue_bypassed_runs_total')) - bypassedBefore
  expect(bypassed).toBeLessThan((places.length * TICKS) / 2)
  expect(await sum(workers, 'authwatch_queue_up')).toBe(count)
  expect(workers.some((worker) => worker.hasExited())).toBe(false)
}

async function untilAll(workers: readonly TestWorker[], metric: string, wanted: number): Promise<void> {
  const is = (value: number) => value === wanted
  await Promise.all(workers.map((worker) => worker.until({ metric, is, withinMs: WITHIN_MS })))
}

async function sum(workers: readonly TestWorker[], metric: string): Promise<number> {
  const values = await Promise.all(workers.map((worker) => worker.value(metric)))
  return values.reduce<number>((total, value) => total + (value ?? Number.NaN), 0)
}

test.concurrent.each([1, 2, 4])('%i workers on Redis run every tick exactly once', async (count) => {
  await expectWorkersToShare(count, { REDIS_URL: `${redis.url}/${count}` })
})

test.concurrent.each([1, 2, 4])('%i workers on PostgreSQL run every tick exactly once', async (count) => {
  await expectWorkersToShare(count, {})
})
