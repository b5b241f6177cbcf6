import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Job } from '../../src/schedule/job.ts'
import { type JobQueue, openQueue } from '../../src/schedule/queue.ts'
import { ownServer } from '../commands/own-server.ts'
import { stateDatabase } from '../results/state-database.ts'
import { startRedis } from '../support/redis.ts'

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 })

const WITHIN = { timeout: 30_000, interval: 50 }
const jobOf = (unit: string, tick = 10_000): Job => ({ target: 'shop', unit, tick })
const NO_URL = () => 'postgres://nobody@127.0.0.1:1/nowhere'

interface Bench extends AsyncDisposable {
  readonly queue: JobQueue
  readonly ran: readonly string[]
  readonly errors: readonly Error[]
}

async function bench(at: { readonly redis?: string; readonly postgres?: () => string }): Promise<Bench> {
  const ran: string[] = []
  const errors: Error[] = []
  const run = async ({ unit, tick }: Job) => {
    ran.push(`${unit} ${tick}`)
  }
  const location = { redisUrl: at.redis ?? null, postgresUrl: at.postgres ?? NO_URL }
  const queue = await openQueue(location, { run, onError: (error) => errors.push(error), concurrency: 2 })
  return { queue, ran, errors, [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() }
}

/** Adds a job until the queue takes it, and waits until it has run. */
async function expectToRun({ queue, ran }: Bench, unit: string): Promise<void> {
  await vi.waitFor(() => queue.add([jobOf(unit)]), { timeout: 30_000, interval: 500 })
  await vi.waitFor(() => expect(ran).toContain(`${unit} 10000`), WITHIN)
}

async function expectEachJobOnce(one: Bench, two: Bench): Promise<void> {
  const jobs = Array.from({ length: 20 }, (_, i) => jobOf(`unit${i}`))
  await Promise.all([one.queue.add(jobs), two.queue.add(jobs)])
  const ran = () => [...one.ran, ...two.ran].filter((job) => job.startsWith('unit')).toSorted()
  await vi.waitFor(() => expect(ran()).toHaveLength(jobs.length), WITHIN)
  await one.queue.add(jobs)
  await sleep(300)
  expect(ran()).toEqual(jobs.map(({ unit, tick }) => `${unit} ${tick}`).toSorted())
  expect(await one.queue.oldestWaiting(Date.now())).toBe(0)
  expect(await one.queue.untaken([jobOf('unit1'), jobOf('never-added')])).toEqual([jobOf('never-added')])
}

async function expectToTellWhatWaits({ queue, ran }: Bench): Promise<void> {
  queue.pause()
  await sleep(200)
  await queue.add([jobOf('waits')])
  await sleep(500)
  expect(await queue.oldestWaiting(Date.now())).toBeGreaterThan(300)
  expect(await queue.untaken([jobOf('waits')])).toEqual([jobOf('waits')])
  expect(ran).not.toContain('waits 10000')
}

test.concurrent('a cluster of one node takes the jobs, and keeps them in one slot', async () => {
  await using redis = await startRedis({ args: ['--cluster-enabled', 'yes'] })
  await redis.command('CLUSTER ADDSLOTSRANGE 0 16383')
  await vi.waitFor(async () => expect(await redis.command('CLUSTER INFO')).toContain('state:ok'), WITHIN)
  await using one = await bench({ redis: redis.url })
  await expectToRun(one, 'clustered')
  expect(one.errors).toEqual([])
})

test.concurrent('a database that Redis does not have is refused at the start, and none other is used in its place', async () => {
  await using redis = await startRedis({ args: ['--databases', '4'] })
  const keys = async () => (await redis.command('INFO keyspace')).includes('db0:')
  {
    await using last = await bench({ redis: `${redis.url}/3` })
    await expectToRun(last, 'healthy')
    expect(await keys()).toBe(false)
  }
  await expect(bench({ redis: `${redis.url}/4` })).rejects.toMatchObject({
    code: 'ERR_REDIS_DATABASE',
    message: expect.stringMatching(
      /^REDIS_URL names database 4, which that Redis does not have.* such as \/0$/,
    ),
  })
  expect(await keys()).toBe(false)

  // Away at the start, it cannot be asked.
  await redis.stop()
  await using late = await bench({ redis: `${redis.url}/4` })
  await redis.start()
  await vi.waitFor(async () => expect(await redis.command('PING')).toContain('PONG'), WITHIN)
  await sleep(3_000)
  await expect(late.queue.add([jobOf('astray')])).rejects.toThrow()
  expect(late.ran).toEqual([])
  expect(await keys()).toBe(false)
})

test.concurrent('a job that two workers add is run once, and not again later, on either backend', async () => {
  await using redis = await startRedis()
  await using state = await stateDatabase()
  for (const at of [{ redis: redis.url }, { postgres: () => state.url }]) {
    await using one = await bench(at)
    await using two = await bench(at)
    for (const { queue } of [one, two]) await vi.waitFor(() => queue.add([jobOf('first')]), WITHIN)
    expect(one.queue.backend).toBe('redis' in at ? 'redis' : 'postgres')
    await expectEachJobOnce(one, two)
    two.queue.pause()
    await expectToTellWhatWaits(one)
  }
})

test.concurrent('a queue on PostgreSQL keeps to its schema, whatever the URL says', async () => {
  await using state = await stateDatabase()
  const url = new URL(state.url)
  url.searchParams.set('schema', 'watching')
  url.searchParams.set('options', '-c search_path=elsewhere')
  await using worker = await bench({ postgres: () => url.href })
  await expectToRun(worker, 'a')
  const schemas = await state.query(
    `select distinct table_schema as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema')`,
  )
  expect(schemas).toEqual([{ name: 'watching_queue' }])
})

test.concurrent('a queue whose PostgreSQL comes up late, or goes and comes back, works then', async () => {
  await using server = await ownServer(['state'])
  await server.stop()
  await using worker = await bench({ postgres: () => server.url('state') })
  await expect(worker.queue.add([jobOf('a')])).rejects.toThrow()

  await server.start()
  await expectToRun(worker, 'b')
  await server.stop()
  await expect(worker.queue.add([jobOf('c')])).rejects.toThrow()
  await server.start()
  await expectToRun(worker, 'd')

  await server.pause()
  const began = performance.now()
  await expect(worker.queue.add([jobOf('e')])).rejects.toThrow()
  expect(performance.now() - began).toBeLessThan(5_000)
  server.resume()
  await expectToRun(worker, 'f')
})

test.concurrent('a Redis that hangs is not given a backlog to work off when it goes on', async () => {
  await using redis = await startRedis()
  await using worker = await bench({ redis: redis.url })
  await expectToRun(worker, 'before')

  redis.pause()
  for (const tick of [20_000, 30_000, 40_000])
    await expect(worker.queue.add([jobOf('meanwhile', tick)])).rejects.toThrow()
  redis.resume()
  await expectToRun(worker, 'after')
  await sleep(500)
  expect(worker.ran.filter((ran) => ran.startsWith('meanwhile')).length).toBeLessThanOrEqual(1)
})

test.concurrent('a queue that fails without a pause does not keep the process busy, and works when it is mended', async () => {
  await using state = await stateDatabase()
  await using worker = await bench({ postgres: () => state.url })
  await expectToRun(worker, 'before')

  await state.query('alter table authwatch_queue.job rename to hidden')
  await worker.queue.add([jobOf('meanwhile')]).catch(() => {})
  await sleep(1_000)
  const before = worker.errors.length
  await sleep(3_000)
  expect(worker.errors.length - before).toBeLessThan(150)

  await state.query('alter table authwatch_queue.hidden rename to job')
  await expectToRun(worker, 'after')
})
