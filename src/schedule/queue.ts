import {
  createPostgresBackend,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq'
import { Redis } from 'ioredis'
import { withDeadline } from './deadline.ts'
import { type Job, jobId } from './job.ts'

const QUEUE_NAME = 'authwatch-checks'
/** Long enough that a worker whose clock is late still finds the job done, and does not add it again. */
const KEEP_SECONDS = 3600
const KEEP_JOBS = 20_000
const READY_TIMEOUT_MS = 5_000
const ADD_TIMEOUT_MS = 2_000
const CLOSE_TIMEOUT_MS = 3_000
/** A worker that was killed is noticed after this; its lease in the state database is what prevents a double run. */
const LOCK_MS = 15_000

export interface QueueLocation {
  readonly redisUrl: string | null
  /** Where the queue lives when there is no Redis. */
  readonly postgresUrl: string
}

export interface JobQueue extends AsyncDisposable {
  readonly backend: 'redis' | 'postgres'
  /** Adds the jobs that are not there yet. Rejects, in bounded time, when the queue cannot take them. */
  add(jobs: readonly Job[]): Promise<void>
  /** Age of the job that waits longest, ms; 0 when none waits. Rejects in bounded time. */
  oldestWaiting(now: number): Promise<number>
}

export interface QueueHandlers {
  /** Runs one job; must not throw. */
  readonly run: (job: Job) => Promise<void>
  /** Trouble of the connection; the queue mends it by itself. */
  readonly onError: (error: Error) => void
  /** Jobs that one worker runs at a time. */
  readonly concurrency: number
}

/** What both backends offer, by the few calls that are used. */
interface Opened {
  readonly queue: Waitable & {
    addBulk(entries: ReturnType<typeof entryOf>[]): Promise<unknown>
    close(): Promise<void>
  }
  readonly worker: Waitable & { close(force?: boolean): Promise<void> }
  oldest(): Promise<{ readonly timestamp: number } | undefined>
  disconnect(): void
}
interface Waitable {
  waitUntilReady(): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

const entryOf = (job: Job) => ({ name: job.unit, data: job, opts: { jobId: jobId(job) } })

const common = {
  queue: {
    defaultJobOptions: {
      removeOnComplete: { age: KEEP_SECONDS, count: KEEP_JOBS },
      removeOnFail: { age: KEEP_SECONDS, count: KEEP_JOBS },
    },
  } satisfies Partial<QueueOptions>,
  worker: (concurrency: number) =>
    ({ concurrency, lockDuration: LOCK_MS, stalledInterval: LOCK_MS }) satisfies Partial<WorkerOptions>,
}

function onRedis(url: string, { run, concurrency }: QueueHandlers): Opened {
  // Adding must fail at once while Redis is away, so that the checks can run without it; taking jobs must wait.
  const adding = new Redis(url, { enableOfflineQueue: true, maxRetriesPerRequest: 1, connectTimeout: 2_000 })
  const taking = new Redis(url, { maxRetriesPerRequest: null, connectTimeout: 2_000 })
  const queue = new Queue<Job>(QUEUE_NAME, { connection: adding, ...common.queue })
  const worker = new Worker<Job>(QUEUE_NAME, ({ data }) => run(data), {
    connection: taking,
    ...common.worker(concurrency),
  })
  // BullMQ reports the same errors; without a listener of its own a connection would print them.
  for (const connection of [adding, taking]) connection.on('error', () => {})
  const disconnect = () => {
    adding.disconnect()
    taking.disconnect()
  }
  return { queue, worker, disconnect, oldest: async () => (await queue.getJobs(['waiting'], 0, 0, true))[0] }
}

function onPostgres(url: string, { run, concurrency }: QueueHandlers): Opened {
  const backed = withBackend(createPostgresBackend)
  const connection = { connectionString: url, schema: 'authwatch_queue', migrate: true, max: 4 }
  const queue = new backed.Queue<Job>(QUEUE_NAME, { connection, ...common.queue })
  const options = { connection, ...common.worker(concurrency) }
  const worker = new backed.Worker<Job>(QUEUE_NAME, ({ data }) => run(data), options)
  return {
    queue,
    worker,
    disconnect: () => {},
    oldest: async () => (await queue.getJobs(['waiting'], 0, 0, true))[0],
  }
}

/**
 * Opens the queue and starts taking jobs from it. Resolves also when the backend is away: `add` then rejects until
 * it is back.
 */
export async function openQueue(location: QueueLocation, handlers: QueueHandlers): Promise<JobQueue> {
  const { redisUrl, postgresUrl } = location
  const { queue, worker, oldest, disconnect } =
    redisUrl === null ? onPostgres(postgresUrl, handlers) : onRedis(redisUrl, handlers)
  queue.on('error', handlers.onError)
  worker.on('error', handlers.onError)
  const ready = Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  await withDeadline(ready, READY_TIMEOUT_MS, 'opening the queue').catch(handlers.onError)
  return {
    backend: redisUrl === null ? 'postgres' : 'redis',
    add: async (jobs) => {
      await withDeadline(queue.addBulk(jobs.map(entryOf)), ADD_TIMEOUT_MS, 'adding to the queue')
    },
    oldestWaiting: async (now) => {
      const job = await withDeadline(oldest(), ADD_TIMEOUT_MS, 'asking the queue')
      return job === undefined ? 0 : Math.max(0, now - job.timestamp)
    },
    [Symbol.asyncDispose]: async () => {
      const closing = Promise.all([worker.close(true), queue.close()])
      await withDeadline(closing, CLOSE_TIMEOUT_MS, 'closing the queue').catch(handlers.onError)
      disconnect()
    },
  }
}
