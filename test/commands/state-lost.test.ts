import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { firstTickAfter, INTERVAL_MS, nextTick } from '../schedule/ticks.ts'
import { testDatabase } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { type OwnServer, ownServer } from './own-server.ts'

// Most of this is waiting for ticks, so all faults wait at the same time.
vi.setConfig({ testTimeout: 180_000 })

const CHECKS = ['session.population', 'user.population']
const config = { checks: onlyChecks(CHECKS, { every: '10s', timeout: '1s' }) }
const TICKS_OF_OUTAGE = 3
const NOTICED_MS = 20_000
const RECOVERY_MS = 40_000
const FRESH_SECONDS = 25
/** A scrape takes milliseconds; the rest is for a machine that is busy. */
const SCRAPE_MS = 1_000

const isOne = (value: number) => value === 1
const isZero = (value: number) => value === 0

interface Fault {
  begin(server: OwnServer): Promise<void>
  end(server: OwnServer): Promise<void>
}

async function expectFresh(worker: TestWorker): Promise<void> {
  for (const check of CHECKS) {
    const last = await worker.value('authwatch_check_last_success_timestamp_seconds', { check })
    expect(Date.now() / 1000 - (last ?? 0), check).toBeLessThan(FRESH_SECONDS)
  }
  expect(await worker.value('authwatch_check_state', { state: 'error' })).toBe(0)
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

async function expectToGoOn(fault: Fault, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await using application = await testDatabase()
  await using server = await ownServer(['state'])
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: server.url('state'), ...more }
  await using worker = await startServe({ env, config })
  const state = { query: (sql: string) => server.query('state', sql) }
  await firstTickAfter(CHECKS.length, state)
  await worker.until({ metric: 'authwatch_state_up', is: isOne, withinMs: RECOVERY_MS })
  await worker.until({ metric: 'authwatch_queue_up', is: isOne, withinMs: RECOVERY_MS })
  await expectFresh(worker)

  await fault.begin(server)
  await worker.until({ metric: 'authwatch_state_up', is: isZero, withinMs: NOTICED_MS })
  for (const end = nextTick(0).getTime() + TICKS_OF_OUTAGE * INTERVAL_MS; Date.now() < end; ) {
    await expectQuickScrape(worker)
    await sleep(1_000)
  }
  await expectFresh(worker)
  const waiting = await worker.value('authwatch_results_pending')
  expect(waiting).toBeGreaterThanOrEqual(TICKS_OF_OUTAGE * CHECKS.length)
  const without = { reason: 'state_down' }
  expect(await worker.value('authwatch_queue_bypassed_runs_total', without)).toBeGreaterThanOrEqual(
    TICKS_OF_OUTAGE,
  )

  await fault.end(server)
  await worker.until({ metric: 'authwatch_state_up', is: isOne, withinMs: RECOVERY_MS })
  await worker.until({ metric: 'authwatch_results_pending', is: isZero, withinMs: RECOVERY_MS })
  await worker.until({ metric: 'authwatch_queue_up', is: isOne, withinMs: RECOVERY_MS })
  await expectFresh(worker)
  expect(await worker.value('authwatch_results_dropped_total')).toBe(0)
  const [stored] = await state.query('select count(*)::int as runs, min(started_at) as first from check_run')
  const [total] = await state.query('select sum(runs)::int as runs from check_run_total')
  expect(total?.runs).toBe(stored?.runs)

  const bypassed = await worker.value('authwatch_queue_bypassed_runs_total')
  const back = nextTick(1_000)
  await sleep(back.getTime() + 9_000 - Date.now())
  expect(await worker.value('authwatch_queue_bypassed_runs_total')).toBe(bypassed)
  const at = back.toISOString()
  const runs = await state.query(`select count(*)::int as runs from check_run where tick = '${at}'`)
  expect(runs).toEqual([{ runs: CHECKS.length }])
  expect(worker.hasExited()).toBe(false)
}

const stopped: Fault = { begin: (server) => server.stop(), end: (server) => server.start() }
const paused: Fault = {
  begin: (server) => server.pause(),
  end: async (server) => server.resume(),
}

test.concurrent('a worker whose state and queue are stopped goes on, and stores it all when they are back', async () => {
  await expectToGoOn(stopped)
})

test.concurrent('a worker whose state and queue hang goes on, and stores it all when they answer again', async () => {
  await expectToGoOn(paused)
})

test.concurrent('a worker whose state is stopped goes on also when its queue is in Redis', async () => {
  await using redis = await startRedis()
  await expectToGoOn(stopped, { REDIS_URL: redis.url })
})
