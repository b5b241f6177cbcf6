import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { expectOneRunPerTick, firstTickAfter, INTERVAL_MS, nextTick } from '../schedule/ticks.ts'
import { testDatabase } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'

// Most of this is waiting for ticks, so all faults wait at the same time.
vi.setConfig({ testTimeout: 180_000 })

const CHECKS = ['session.population', 'user.population']
const TICKS_OF_OUTAGE = 3
const NOTICED_MS = 15_000
const RECOVERY_MS = 30_000
/** An interval, the time that finding out takes, and a machine that is busy. */
const FRESH_SECONDS = 20

interface Fault {
  begin(redis: TestRedis): Promise<void> | void
  end(redis: TestRedis): Promise<void> | void
}

async function twoWorkers(env: Readonly<Record<string, string>>) {
  const config = { checks: onlyChecks(CHECKS, { every: '10s', timeout: '1s' }) }
  const workers = await Promise.all([startServe({ env, config }), startServe({ env, config })])
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  return { workers, [Symbol.asyncDispose]: stop }
}

async function bypassed(workers: readonly TestWorker[]): Promise<number> {
  const counts = workers.map((worker) => worker.value('authwatch_queue_bypassed_runs_total'))
  return (await Promise.all(counts)).reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0)
}

async function expectFresh(workers: readonly TestWorker[]): Promise<void> {
  for (const worker of workers) {
    for (const check of CHECKS) {
      const last = await worker.value('authwatch_check_last_success_timestamp_seconds', { check })
      expect(Date.now() / 1000 - (last ?? 0), check).toBeLessThan(FRESH_SECONDS)
    }
    expect(await worker.value('authwatch_check_state', { state: 'error' })).toBe(0)
  }
}

async function untilQueueIs(up: 0 | 1, workers: readonly TestWorker[], withinMs: number): Promise<void> {
  const is = (value: number) => value === up
  await Promise.all(workers.map((worker) => worker.until({ metric: 'authwatch_queue_up', is, withinMs })))
}

async function expectChecksToGoOn(fault: Fault): Promise<void> {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  await using redis = await startRedis()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url, REDIS_URL: redis.url }
  await using pair = await twoWorkers(env)
  const { workers } = pair
  await untilQueueIs(1, workers, RECOVERY_MS)

  const from = await firstTickAfter(CHECKS.length, state)
  await sleep(5_000)
  await expectFresh(workers)
  const before = await bypassed(workers)
  await fault.begin(redis)
  await sleep(TICKS_OF_OUTAGE * INTERVAL_MS)
  await untilQueueIs(0, workers, NOTICED_MS)
  await expectFresh(workers)
  expect(await bypassed(workers)).toBeGreaterThanOrEqual(before + TICKS_OF_OUTAGE)

  await fault.end(redis)
  await untilQueueIs(1, workers, RECOVERY_MS)
  await expectFresh(workers)
  const ticks = Math.floor((Date.now() - from.getTime()) / INTERVAL_MS)
  await expectOneRunPerTick({ state, from, ticks, checks: CHECKS, targets: ['app'] })

  const back = nextTick(1_000)
  await sleep(back.getTime() - 500 - Date.now())
  const after = await bypassed(workers)
  await sleep(back.getTime() + 8_000 - Date.now())
  expect(await bypassed(workers)).toBe(after)
  await expectOneRunPerTick({ state, from: back, ticks: 1, checks: CHECKS, targets: ['app'] })
  expect(workers.some((worker) => worker.hasExited())).toBe(false)
}

test.concurrent('checks go on, one run a tick, while Redis is stopped, and by the queue when it is back', async () => {
  await expectChecksToGoOn({ begin: (redis) => redis.stop(), end: (redis) => redis.start() })
})

test.concurrent('checks go on, one run a tick, while Redis hangs, and by the queue when it is back', async () => {
  await expectChecksToGoOn({ begin: (redis) => redis.pause(), end: (redis) => redis.resume() })
})

test.concurrent('a Redis that is flushed again and again loses no tick', async () => {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  await using redis = await startRedis()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url, REDIS_URL: redis.url }
  await using pair = await twoWorkers(env)
  const { workers } = pair
  await untilQueueIs(1, workers, RECOVERY_MS)

  const from = await firstTickAfter(CHECKS.length, state)
  await sleep(5_000)
  await expectFresh(workers)
  const flushUntil = from.getTime() + (TICKS_OF_OUTAGE + 1) * INTERVAL_MS
  while (Date.now() < flushUntil) {
    await redis.flush()
    await sleep(50)
  }
  await sleep(8_000)
  await expectFresh(workers)
  await untilQueueIs(1, workers, RECOVERY_MS)
  await expectOneRunPerTick({ state, from, ticks: TICKS_OF_OUTAGE + 1, checks: CHECKS, targets: ['app'] })
  expect(workers.some((worker) => worker.hasExited())).toBe(false)
})
