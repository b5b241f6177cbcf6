import { type QueueOptions, WaitingError, type WorkerOptions } from 'bullmq'
import { type Job, jobId } from './job.ts'

export const QUEUE_NAME = 'authwatch-checks'
/** Long enough that a worker whose clock is late still finds the job done, and does not add it again. */
const KEEP_SECONDS = 3600
const KEEP_JOBS = 20_000
/** A worker that was killed is noticed after this; its lease in the state database is what prevents a double run. */
const LOCK_MS = 15_000
/** BullMQ's own 15 s would leave a queue that is back without its workers for as long. */
const RETRY_MS = 1_000

export interface QueueHandlers {
  /** Runs one job; must not throw. */
  readonly run: (job: Job) => Promise<void>
  /** Trouble of the connection; the queue mends it by itself. */
  readonly onError: (error: Error) => void
  /** Jobs that one worker runs at a time. */
  readonly concurrency: number
}

/** A job that waits, and when it was added, by the clock of who did. */
interface Waiting {
  readonly data: Job
  readonly timestamp: number
}

/** One connection to where the jobs are: what both of BullMQ's backends offer, by the few calls that are used. */
export interface QueueBackend {
  /** Rejects when this connection will never be of use, and another must be made. Waits while the server is away. */
  readonly ready: Promise<unknown>
  add(jobs: readonly Job[]): Promise<unknown>
  oldest(): Promise<Waiting | undefined>
  /** BullMQ's word for where the job is; `unknown` when it is not there. */
  stateOf(job: Job): Promise<string>
  /** Takes no more jobs; those under way go on. */
  pause(): void
  close(): Promise<unknown>
}

const entryOf = (job: Job) => ({ name: job.unit, data: job, opts: { jobId: jobId(job) } })

export const queueOptions = {
  defaultJobOptions: {
    removeOnComplete: { age: KEEP_SECONDS, count: KEEP_JOBS },
    removeOnFail: { age: KEEP_SECONDS, count: KEEP_JOBS },
  },
} satisfies Partial<QueueOptions>

export const workerOptions = (concurrency: number) =>
  ({
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    runRetryDelay: RETRY_MS,
    // A worker that runs before it is connected may fail over and over without a pause.
    autorun: false,
  }) satisfies Partial<WorkerOptions>

interface QueuedJob {
  readonly data: Job
  moveToWait(token?: string): Promise<unknown>
}

/** Hands jobs on until it is stopped. A fetch that was under way then may still bring one: it goes back, for others. */
export function handOver(run: QueueHandlers['run']) {
  let stopped = false
  return {
    stop: () => {
      stopped = true
    },
    process: async (job: QueuedJob, token?: string): Promise<void> => {
      if (!stopped) return run(job.data)
      await job.moveToWait(token)
      throw new WaitingError()
    },
  }
}

interface Opened {
  readonly stop: () => void
  readonly queue: {
    waitUntilReady(): Promise<unknown>
    on(event: 'error', listener: (error: Error) => void): unknown
    addBulk(entries: ReturnType<typeof entryOf>[]): Promise<unknown>
    getJobs(types: ['waiting'], start: number, end: number, ascending: boolean): Promise<readonly Waiting[]>
    getJobState(id: string): Promise<string>
    close(): Promise<void>
  }
  readonly worker: {
    waitUntilReady(): Promise<unknown>
    on(event: 'error', listener: (error: Error) => void): unknown
    run(): Promise<void>
    pause(doNotWaitActive: boolean): Promise<void>
    close(force: boolean): Promise<void>
    getBackend(): { disconnectBlocking(wait: boolean): Promise<void> }
  }
}

/** A backend of a queue and a worker that were just made. `disconnect` cuts what is still open after closing. */
export function backendOf(
  { queue, worker, stop }: Opened,
  handlers: QueueHandlers,
  disconnect: () => void,
): QueueBackend {
  queue.on('error', handlers.onError)
  worker.on('error', handlers.onError)
  const ready = Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]).then(() => {
    worker.run().catch(handlers.onError)
  })
  // Whoever waits for it is told; nobody has to.
  ready.catch(() => {})
  return {
    ready,
    add: (jobs) => queue.addBulk(jobs.map(entryOf)),
    oldest: async () => (await queue.getJobs(['waiting'], 0, 0, true))[0],
    stateOf: (job) => queue.getJobState(jobId(job)),
    pause: () => {
      stop()
      worker.pause(true).catch(handlers.onError)
    },
    close: async () => {
      try {
        // Forced closing leaves the wait for the next job behind, and with it a timer of some seconds.
        const closing = worker.close(true)
        await Promise.allSettled([worker.getBackend().disconnectBlocking(false), closing, queue.close()])
      } finally {
        disconnect()
      }
    },
  }
}
