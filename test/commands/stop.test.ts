import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { INTERVAL_MS } from '../schedule/ticks.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { ownServer } from './own-server.ts'

// Most of this is waiting for ticks, so all ends wait at the same time.
vi.setConfig({ testTimeout: 240_000, maxConcurrency: 10 })

const CHECKS = ['session.expired_backlog', 'session.population']
const STOP_MS = 10_000
const LONGEST_WAIT_MS = 60_000

/** An application whose sessions take so long to read, and the configuration of a worker that reads nothing else. */
async function slowApplication(seconds: number, timeout: string) {
  const database = await testDatabase()
  const { table } = database.physical('session')
  await database.query(
    `create view slow_session as select * from ${table} where (select pg_sleep(${seconds})) is not null`,
  )
  const config = {
    databases: [{ name: 'app', tables: { session: 'slow_session' } }],
    checks: onlyChecks(CHECKS, { every: '10s', timeout }),
  }
  return { database, config }
}

/** Two workers of one state: whichever is ended, the other goes on. */
async function twoWorkers(options: {
  readonly database: TestDatabase
  readonly state: StateDatabase
  readonly config: Readonly<Record<string, unknown>>
}) {
  const env = { DATABASE_URL: options.database.url, STATE_DATABASE_URL: options.state.url }
  const start = () => startServe({ env, config: options.config })
  const workers = await Promise.all([start(), start()])
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
  return { workers, [Symbol.asyncDispose]: stop }
}

interface Lease {
  readonly tick: number
  readonly worker: string
  readonly finished: boolean
}

async function leaseOf(state: StateDatabase): Promise<Lease | undefined> {
  const [row] = await state.query(
    'select extract(epoch from tick)::float8 * 1000 as tick, worker, finished_at is not null as finished from run_lease',
  )
  return row === undefined
    ? undefined
    : { tick: Number(row.tick), worker: String(row.worker), finished: row.finished === true }
}

/** Waits for a lease like this; looks often enough to see a run of a second. */
async function untilLease(
  state: StateDatabase,
  isWanted: (lease: Lease) => boolean,
  withinMs = LONGEST_WAIT_MS,
): Promise<Lease> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const lease = await leaseOf(state)
    if (lease !== undefined && isWanted(lease)) return lease
    if (Date.now() > deadline) throw new Error(`the lease is still ${JSON.stringify(lease)}`)
    await sleep(20)
  }
}

const runsOf = (state: StateDatabase, { tick }: Lease) =>
  state.query('select check_id, worker from check_run where tick = $1 order by 1', [new Date(tick)])

const isOf = (worker: TestWorker, lease: Lease) => lease.worker.includes(`-${worker.pid}-`)

/** Waits until one of the workers is in the middle of a run that is not its first. */
async function inTheMiddle(state: StateDatabase, workers: readonly TestWorker[]) {
  // Until they have found the state each looks for itself.
  const up = { metric: 'authwatch_state_up', is: (value: number) => value === 1 }
  for (const worker of workers) await worker.until({ ...up, withinMs: LONGEST_WAIT_MS })
  const from = Date.now()
  const healthy = await untilLease(state, ({ tick, finished }) => tick > from && finished)
  expect((await runsOf(state, healthy)).map(({ check_id }) => check_id)).toEqual(CHECKS)
  const lease = await untilLease(state, ({ tick, finished }) => tick > healthy.tick && !finished)
  const busy = workers.find((worker) => isOf(worker, lease))
  const other = workers.find((worker) => worker !== busy)
  if (busy === undefined || other === undefined) throw new Error(`${lease.worker} is none of the workers`)
  return { lease, busy, other }
}

test.concurrent('SIGTERM lets a run end and its results be stored, and the other worker runs the next tick', async () => {
  const { database, config } = await slowApplication(2, '5s')
  await using _ = database
  await using state = await stateDatabase()
  await using pair = await twoWorkers({ database, state, config })
  const { lease, busy, other } = await inTheMiddle(state, pair.workers)

  const { code, tookMs } = await busy.stop()
  expect({ code }).toEqual({ code: 0 })
  expect(tookMs).toBeLessThan(STOP_MS)
  expect(await leaseOf(state)).toMatchObject({ tick: lease.tick, finished: true })
  const runs = await runsOf(state, lease)
  expect(runs).toEqual(CHECKS.map((check_id) => ({ check_id, worker: lease.worker })))

  const next = await untilLease(state, ({ tick, finished }) => tick > lease.tick && finished)
  expect(next.tick).toBe(lease.tick + INTERVAL_MS)
  expect(isOf(other, next)).toBe(true)
})

test.concurrent('SIGTERM does not wait for a long run: its lease is given back and nothing of it is stored', async () => {
  const { database, config } = await slowApplication(6.5, '20s')
  await using _ = database
  await using state = await stateDatabase()
  await using pair = await twoWorkers({ database, state, config })
  const { lease, busy, other } = await inTheMiddle(state, pair.workers)

  const { code, tookMs } = await busy.stop()
  expect({ code }).toEqual({ code: 0 })
  expect(tookMs).toBeLessThan(STOP_MS)
  expect(await leaseOf(state)).toMatchObject({ tick: lease.tick, finished: true })
  expect(await runsOf(state, lease)).toEqual([])

  const next = await untilLease(state, ({ tick }) => tick > lease.tick)
  expect(next.tick).toBe(lease.tick + INTERVAL_MS)
  expect(isOf(other, next)).toBe(true)
})

test.concurrent('after SIGKILL in the middle of a run another worker takes over within two intervals', async () => {
  const { database, config } = await slowApplication(0.8, '1s')
  await using _ = database
  await using state = await stateDatabase()
  await using pair = await twoWorkers({ database, state, config })
  const { lease, busy, other } = await inTheMiddle(state, pair.workers)

  await busy.kill()
  expect(await leaseOf(state)).toMatchObject({ tick: lease.tick, finished: false })
  expect(await runsOf(state, lease)).toEqual([])
  const next = await untilLease(state, ({ tick, finished }) => tick > lease.tick && finished)
  expect(isOf(other, next)).toBe(true)
  expect(next.tick).toBeLessThanOrEqual(lease.tick + 2 * INTERVAL_MS)
  expect(await runsOf(state, next)).toHaveLength(CHECKS.length)
})

test.concurrent('SIGTERM ends a worker in time though application, state and queue all hang', async () => {
  await using server = await ownServer(['app', 'state'])
  await using redis = await startRedis()
  const env = {
    DATABASE_URL: server.url('app'),
    STATE_DATABASE_URL: server.url('state'),
    REDIS_URL: redis.url,
  }
  const config = { checks: onlyChecks(['schema.index_missing'], { every: '10s', timeout: '5s' }) }
  await using worker = await startServe({ env, config })
  const ran = { metric: 'authwatch_check_last_run_timestamp_seconds', is: (at: number) => at > 0 }
  await worker.until({ ...ran, withinMs: LONGEST_WAIT_MS })

  redis.pause()
  await server.pause()
  await sleep(INTERVAL_MS + 2_000)
  const { code, tookMs } = await worker.stop()
  expect({ code }).toEqual({ code: 0 })
  expect(tookMs).toBeLessThan(STOP_MS)
})

test.concurrent('SIGTERM ends an idle worker at once, also when its queue is in Redis', async () => {
  await using database = await testDatabase()
  await using redis = await startRedis()
  for (const more of [{}, { REDIS_URL: redis.url }]) {
    await using state = await stateDatabase()
    const env = { DATABASE_URL: database.url, STATE_DATABASE_URL: state.url, ...more }
    const config = { checks: onlyChecks(CHECKS, { every: '1h' }) }
    await using worker = await startServe({ env, config })
    await untilLease(state, ({ finished }) => finished)
    const { code, tookMs } = await worker.stop()
    expect({ code }).toEqual({ code: 0 })
    expect(tookMs).toBeLessThan(STOP_MS / 3)
  }
})
