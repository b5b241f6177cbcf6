import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { expectOneRunPerTick, firstTickAfter, INTERVAL_MS } from './ticks.ts'

// Most of this is waiting for ticks, so all numbers of workers wait at the same time.
vi.setConfig({ testTimeout: 240_000, maxConcurrency: 10 })

const TICKS = 4
const WITHIN_MS = 60_000
/** One scan that two checks share, one query, one look at the schema. */
const CHECKS = ['schema.index_missing', 'session.population', 'session.user_missing', 'user.duplicate_email']
const TARGETS = ['one', 'two', 'three']

let application: TestDatabase
let redis: TestRedis

beforeAll(async () => {
  application = await testDatabase()
  redis = await startRedis()
})

afterAll(async () => {
  await redis?.[Symbol.asyncDispose]()
  await application?.[Symbol.asyncDispose]()
})

const config = {
  databases: TARGETS.map((name) => ({ name })),
  checks: onlyChecks(CHECKS, { every: '10s' }),
}

async function startWorkers(
  count: number,
  env: Readonly<Record<string, string>>,
): Promise<readonly TestWorker[] & AsyncDisposable> {
  const options = { config, env: { DATABASE_URL: application.url, ...env } }
  const workers = await Promise.all(Array.from({ length: count }, () => startServe(options)))
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  return Object.assign(workers, { [Symbol.asyncDispose]: stop })
}

async function expectWorkersToShare(count: number, env: Readonly<Record<string, string>>): Promise<void> {
  await using state = await stateDatabase()
  await using workers = await startWorkers(count, { STATE_DATABASE_URL: state.url, ...env })
  await untilAll(workers, 'authwatch_state_up', 1)
  const from = await firstTickAfter(CHECKS.length * TARGETS.length, state)
  const bypassedBefore = await sum(workers, 'authwatch_queue_bypassed_runs_total')
  const until = from.getTime() + TICKS * INTERVAL_MS + 2_000
  await sleep(until - Date.now())
  await untilAll(workers, 'authwatch_results_pending', 0)
  await recorded({ state, from, runs: CHECKS.length * TARGETS.length * TICKS })

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

/** On a busy machine the last tick's results are stored late; more than there should be are waited for by nobody. */
async function recorded(options: {
  state: Pick<StateDatabase, 'query'>
  from: Date
  runs: number
}): Promise<void> {
  const { state, from, runs } = options
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const [row] = await state.query(
      `select count(*)::int as runs from check_run
        where tick >= $1 and tick < $1 + make_interval(secs => $2)`,
      [from, (TICKS * INTERVAL_MS) / 1000],
    )
    if (Number(row?.runs) >= runs) return
    await sleep(500)
  }
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
