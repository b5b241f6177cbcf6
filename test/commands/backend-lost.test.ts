import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { expectOneRunPerTick, firstTickAfter, INTERVAL_MS, nextTick } from '../schedule/ticks.ts'
import { testDatabase } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker, type Wanted } from '../support/worker.ts'
import { type OwnServer, ownServer } from './own-server.ts'

// Most of this is waiting for ticks, so all faults wait at the same time.
vi.setConfig({ testTimeout: 240_000, maxConcurrency: 8 })

const CHECKS = ['session.population', 'user.population']
const config = { checks: onlyChecks(CHECKS, { every: '10s', timeout: '1s' }) }
const BYPASSED = 'authwatch_queue_bypassed_runs_total'
const TICKS_OF_OUTAGE = 2
const WITHIN_MS = 60_000
/** Two intervals, the time that finding out takes, and a machine that is busy. */
const FRESH_SECONDS = 30
/** A scrape takes milliseconds; the rest is for a machine that is busy. */
const SCRAPE_MS = 1_000

interface Fault<T> {
  begin(backend: T): Promise<void> | void
  end(backend: T): Promise<void> | void
}

async function untilAll(workers: readonly TestWorker[], metric: string, wanted: number): Promise<void> {
  const is = (value: number) => value === wanted
  await Promise.all(workers.map((worker) => worker.until({ metric, is, withinMs: WITHIN_MS })))
}

async function bypassed(workers: readonly TestWorker[]): Promise<number> {
  const counts = workers.map((worker) => worker.value(BYPASSED))
  return (await Promise.all(counts)).reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0)
}

async function expectFresh(workers: readonly TestWorker[]): Promise<void> {
  for (const worker of workers) {
    for (const check of CHECKS) {
      const last = await worker.value('authwatch_check_last_success_timestamp_seconds', { check })
      expect(Date.now() / 1000 - (last ?? 0), check).toBeLessThan(FRESH_SECONDS)
    }
    expect(await worker.value('authwatch_check_state', { state: 'error' })).toBe(0)
    expect(worker.hasExited()).toBe(false)
  }
}

/** The fastest of some scrapes: what other processes take from the machine is not the worker's fault. */
async function expectQuickScrape(worker: TestWorker): Promise<void> {
  const took: number[] = []
  for (const _ of [1, 2, 3]) {
    const began = performance.now()
    await worker.metrics()
    took.push(performance.now() - began)
  }
  expect(Math.min(...took)).toBeLessThan(SCRAPE_MS)
}

async function scrapeQuickly(worker: TestWorker, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await expectQuickScrape(worker)
    await sleep(1_000)
  }
}

/** The next tick is run once for each check and by the queue alone. */
async function expectTheQueueAtWork(workers: readonly TestWorker[], state: Queried): Promise<void> {
  const back = nextTick(1_000)
  await sleep(back.getTime() - 500 - Date.now())
  const before = await bypassed(workers)
  await sleep(back.getTime() + 8_000 - Date.now())
  expect(await bypassed(workers)).toBe(before)
  await expectOneRunPerTick({ state, from: back, ticks: 1, checks: CHECKS, targets: ['app'] })
}

type Queried = Parameters<typeof expectOneRunPerTick>[0]['state']

async function withTwoWorkers(
  work: (bench: {
    readonly redis: TestRedis
    readonly state: Queried
    readonly workers: readonly TestWorker[]
    readonly from: Date
  }) => Promise<void>,
): Promise<void> {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  await using redis = await startRedis()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url, REDIS_URL: redis.url }
  const workers = await Promise.all([startServe({ env, config }), startServe({ env, config })])
  try {
    await untilAll(workers, 'authwatch_queue_up', 1)
    const from = await firstTickAfter(CHECKS.length, state)
    await sleep(5_000)
    await expectFresh(workers)
    await work({ redis, state, workers, from })
    await expectFresh(workers)
  } finally {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
}

async function expectToOutlastRedis(fault: Fault<TestRedis>): Promise<void> {
  await withTwoWorkers(async ({ redis, state, workers, from }) => {
    const before = await bypassed(workers)
    await fault.begin(redis)
    await sleep(TICKS_OF_OUTAGE * INTERVAL_MS)
    await untilAll(workers, 'authwatch_queue_up', 0)
    await expectFresh(workers)
    expect(await bypassed(workers)).toBeGreaterThanOrEqual(before + TICKS_OF_OUTAGE)

    await fault.end(redis)
    await untilAll(workers, 'authwatch_queue_up', 1)
    const ticks = Math.floor((Date.now() - from.getTime()) / INTERVAL_MS)
    await expectOneRunPerTick({ state, from, ticks, checks: CHECKS, targets: ['app'] })
    await expectTheQueueAtWork(workers, state)
  })
}

test.concurrent('while Redis is stopped two workers run every tick once, and by the queue when it is back', async () => {
  await expectToOutlastRedis({ begin: (redis) => redis.stop(), end: (redis) => redis.start() })
})

test.concurrent('while Redis hangs two workers run every tick once, and by the queue when it answers', async () => {
  await expectToOutlastRedis({ begin: (redis) => redis.pause(), end: (redis) => redis.resume() })
})

test.concurrent('a Redis that is flushed again and again loses no tick', async () => {
  await withTwoWorkers(async ({ redis, state, workers, from }) => {
    const until = from.getTime() + (TICKS_OF_OUTAGE + 1) * INTERVAL_MS
    while (Date.now() < until) {
      await redis.flush()
      await sleep(50)
    }
    await sleep(8_000)
    await untilAll(workers, 'authwatch_queue_up', 1)
    const ticks = TICKS_OF_OUTAGE + 1
    await expectOneRunPerTick({ state, from, ticks, checks: CHECKS, targets: ['app'] })
  })
})

/** Without the state, tick after tick is run, and its results are kept. */
async function expectToGoOn(worker: TestWorker): Promise<void> {
  const until = ({ least, ...wanted }: Pick<Wanted, 'metric' | 'labels'> & { readonly least: number }) =>
    worker.until({ ...wanted, is: (value) => value >= least, withinMs: WITHIN_MS })
  // What was on its way to the state when that went away waits only once it was given up.
  await until({ metric: 'authwatch_results_pending', least: TICKS_OF_OUTAGE * CHECKS.length })
  await until({ metric: BYPASSED, labels: { reason: 'state_down' }, least: TICKS_OF_OUTAGE })
  await expectFresh([worker])
}

async function expectToOutlastTheState(
  fault: Fault<OwnServer>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using application = await testDatabase()
  await using server = await ownServer(['state'])
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: server.url('state'), ...more }
  await using worker = await startServe({ env, config })
  const state = { query: (sql: string) => server.query('state', sql) }
  await firstTickAfter(CHECKS.length, state)
  await untilAll([worker], 'authwatch_state_up', 1)
  await untilAll([worker], 'authwatch_queue_up', 1)
  await expectFresh([worker])

  await fault.begin(server)
  await untilAll([worker], 'authwatch_state_up', 0)
  const outage = new AbortController()
  const work = expectToGoOn(worker).finally(() => outage.abort())
  await Promise.all([work, scrapeQuickly(worker, outage.signal)])

  await fault.end(server)
  await untilAll([worker], 'authwatch_state_up', 1)
  await untilAll([worker], 'authwatch_results_pending', 0)
  await untilAll([worker], 'authwatch_queue_up', 1)
  expect(await worker.value('authwatch_results_dropped_total')).toBe(0)
  const twice = await state.query('select tick from check_run group by tick, check_id having count(*) > 1')
  expect(twice).toEqual([])
  const [{ counted, stored } = {}] = await state.query(
    'select (select sum(runs)::int from check_run_total) as counted, (select count(*)::int from check_run) as stored',
  )
  expect(counted).toBe(stored)
  const back = nextTick(1_000)
  await sleep(back.getTime() + 8_000 - Date.now())
  const at = `tick = '${back.toISOString()}'`
  const runs = await state.query(`select check_id from check_run where ${at} order by 1`)
  expect(runs).toEqual(CHECKS.map((check_id) => ({ check_id })))
  await expectFresh([worker])
}

const stopped = { begin: (server: OwnServer) => server.stop(), end: (server: OwnServer) => server.start() }
const paused = { begin: (server: OwnServer) => server.pause(), end: (server: OwnServer) => server.resume() }

test.concurrent('a worker whose state and queue are stopped goes on, and stores it all when they are back', async () => {
  await expectToOutlastTheState(stopped)
})

test.concurrent('a worker whose state and queue hang goes on, and stores it all when they answer', async () => {
  await expectToOutlastTheState(paused)
})

test.concurrent('a worker whose state is stopped goes on also when its queue is in Redis', async () => {
  await using redis = await startRedis()
  await expectToOutlastTheState(stopped, { REDIS_URL: redis.url })
})
