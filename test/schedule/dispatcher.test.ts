import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { type BypassReason, type DispatcherOptions, dispatcher } from '../../src/schedule/dispatcher.ts'
import type { Job } from '../../src/schedule/job.ts'
import { openQueue } from '../../src/schedule/queue.ts'
import { stateDatabase } from '../results/state-database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const PATIENCE_MS = 500
const WITHIN = { timeout: 10_000, interval: 20 }

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]()
})

const jobOf = (unit: string, tick = 10_000): Job => ({ target: 'shop', unit, tick })

/** A dispatcher with a real queue and a real state, and a list of what it ran. */
async function bench({ takesMs = 0, ...options }: Partial<DispatcherOptions> & { takesMs?: number } = {}) {
  const state = await stateDatabase()
  const store = await openState({ url: state.url })
  const ran: string[] = []
  const bypassed: [BypassReason, number][] = []
  const queueUp: boolean[] = []
  const run = async (job: Job) => {
    const tick = new Date(job.tick)
    if ((await store.claim({ ...job, tick, worker: 'bench', leaseMs: 60_000 })) !== 'claimed') return
    ran.push(job.unit)
    await sleep(takesMs)
  }
  const queue = await openQueue(
    { redisUrl: redis.url, postgresUrl: () => state.url },
    { run, onError: () => {}, concurrency: 2 },
  )
  const dispatch = dispatcher({
    ...{ queue, store, run, stateUp: () => true, hasBegun: () => false, concurrency: 2 },
    onBypass: (reason, jobs) => bypassed.push([reason, jobs]),
    onQueue: (up) => queueUp.push(up),
    patienceMs: PATIENCE_MS,
    ...options,
  })
  const close = async () => {
    dispatch.stop()
    await queue[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await state[Symbol.asyncDispose]()
  }
  return { dispatch, queue, ran, bypassed, queueUp, [Symbol.asyncDispose]: close }
}

beforeEach(() => redis.flush())

test('a queue that takes jobs and hands them out is not bypassed', async () => {
  await using worker = await bench()
  worker.dispatch.dispatch([jobOf('a1'), jobOf('a2')])
  await vi.waitFor(() => expect(worker.ran.toSorted()).toEqual(['a1', 'a2']), WITHIN)
  await sleep(2 * PATIENCE_MS)
  expect(worker.bypassed).toEqual([])
  expect(worker.queueUp).toEqual([true])
})

test('what a queue refuses is run at once, and the queue is then left alone for a while', async () => {
  await using worker = await bench()
  worker.dispatch.dispatch([jobOf('b1')])
  await vi.waitFor(() => expect(worker.ran).toEqual(['b1']), WITHIN)
  await redis.stop()
  try {
    worker.dispatch.dispatch([jobOf('b2'), jobOf('b3')])
    await vi.waitFor(() => expect(worker.ran.toSorted()).toEqual(['b1', 'b2', 'b3']), WITHIN)
    expect(worker.bypassed).toEqual([['queue_down', 2]])
    expect(worker.queueUp).toEqual([true, false])

    worker.dispatch.dispatch([jobOf('b4')])
    expect(worker.bypassed).toEqual([
      ['queue_down', 2],
      ['queue_down', 1],
    ])
    await vi.waitFor(() => expect(worker.ran).toContain('b4'), WITHIN)
    expect(worker.queueUp).toEqual([true, false])
  } finally {
    await redis.start()
  }
})

test('what lies in the queue and nobody takes is run after a while', async () => {
  await using worker = await bench()
  worker.queue.pause()
  worker.dispatch.dispatch([jobOf('c1'), jobOf('c2')])
  await sleep(PATIENCE_MS / 2)
  expect(worker.ran).toEqual([])
  expect(worker.queueUp).toEqual([true])

  await vi.waitFor(() => expect(worker.ran.toSorted()).toEqual(['c1', 'c2']), WITHIN)
  expect(worker.bypassed).toEqual([['queue_stuck', 2]])
})

test('what this process has begun, or only waits its turn, does not count as stuck', async () => {
  await using begun = await bench({ hasBegun: () => true })
  begun.queue.pause()
  begun.dispatch.dispatch([jobOf('d1')])
  await sleep(3 * PATIENCE_MS)
  expect(begun.bypassed).toEqual([])
  expect(begun.ran).toEqual([])

  await redis.flush()
  await using busy = await bench({ takesMs: 3 * PATIENCE_MS })
  busy.dispatch.dispatch([jobOf('d2'), jobOf('d3'), jobOf('d4')])
  await sleep(2 * PATIENCE_MS)
  expect(busy.ran).toHaveLength(2)
  await vi.waitFor(() => expect(busy.ran).toHaveLength(3), WITHIN)
  expect(busy.bypassed).toEqual([])
})

test('without a state database each worker looks for itself', async () => {
  await using worker = await bench({ stateUp: () => false })
  worker.dispatch.dispatch([jobOf('e1')])
  expect(worker.bypassed).toEqual([['state_down', 1]])
  await vi.waitFor(() => expect(worker.ran).toEqual(['e1']), WITHIN)
  expect(worker.queueUp).toEqual([])
})

test('past the queue no more are run at once than there are lanes, and of each unit only the newest waits', async () => {
  const running = new Set<Job>()
  const ran: Job[] = []
  let most = 0
  const run = async (job: Job) => {
    running.add(job)
    most = Math.max(most, running.size)
    await sleep(100)
    running.delete(job)
    ran.push(job)
  }
  await using worker = await bench({ stateUp: () => false, run })
  worker.dispatch.dispatch([jobOf('f1'), jobOf('f2'), jobOf('f3'), jobOf('f4')])
  worker.dispatch.dispatch([jobOf('f3', 20_000)])
  worker.dispatch.dispatch([jobOf('f3', 30_000)])
  await vi.waitFor(() => expect(ran).toHaveLength(4), WITHIN)
  await sleep(200)
  expect(most).toBe(2)
  expect(ran.filter(({ unit }) => unit === 'f3')).toEqual([jobOf('f3', 30_000)])
  expect(ran.map(({ unit }) => unit).toSorted()).toEqual(['f1', 'f2', 'f3', 'f4'])
})

test('a dispatcher that was stopped begins nothing more', async () => {
  await using worker = await bench()
  worker.queue.pause()
  worker.dispatch.dispatch([jobOf('g1')])
  await sleep(PATIENCE_MS / 2)
  worker.dispatch.stop()
  worker.dispatch.dispatch([jobOf('g2')])
  await sleep(2 * PATIENCE_MS)
  expect(worker.bypassed).toEqual([])
  expect(worker.ran).toEqual([])
})

test('what a thousand targets have due at the start goes into the queue, and what comes meanwhile after it', async () => {
  await using worker = await bench({ patienceMs: 60_000 })
  worker.queue.pause()
  const jobs = Array.from({ length: 20_000 }, (_, n) => jobOf(`h${n}`))
  worker.dispatch.dispatch(jobs)
  worker.dispatch.dispatch([jobOf('i1')])
  const waiting = async () => (await redis.command('LLEN {authwatch}:authwatch-checks:wait')).trim()
  await vi.waitFor(async () => expect(await waiting()).toBe(':20001'), { timeout: 25_000, interval: 100 })
  expect(worker.bypassed).toEqual([])
})
