import pLimit from 'p-limit'
import { withDeadline } from './deadline.ts'
import type { Job } from './job.ts'
import { postgresBackend } from './postgres-backend.ts'
import type { QueueBackend, QueueHandlers } from './queue-backend.ts'
import { redisBackend } from './redis-backend.ts'
import { requireRedisDatabase } from './redis-database.ts'

export type { QueueHandlers } from './queue-backend.ts'

const READY_TIMEOUT_MS = 2_000
const ADD_TIMEOUT_MS = 2_000
const ASK_TIMEOUT_MS = 2_000
/** Questions that are asked at once. */
const MOST_QUESTIONS = 50
const CLOSE_TIMEOUT_MS = 2_000
/** How long a connection that turned out to be useless is left alone before another is made. */
const REOPEN_AFTER_MS = 2_000
/** A backend that fails faster than that fails without a pause, and would keep the whole process busy. */
const MOST_ERRORS = 50
const ERRORS_WITHIN_MS = 1_000

export interface QueueLocation {
  readonly redisUrl: string | null
  /** Where the queue lives when there is no Redis. Asked anew for each connection. */
  readonly postgresUrl: () => string
}

export interface JobQueue extends AsyncDisposable {
  readonly backend: 'redis' | 'postgres'
  /** Adds the jobs that are not there yet. Rejects, in bounded time, when the queue cannot take them. */
  add(jobs: readonly Job[]): Promise<void>
  /** Age of the job that waits longest, ms; 0 when none waits. Rejects in bounded time. */
  oldestWaiting(now: number): Promise<number>
  /**
   * Whether jobs of a tick only wait their turn: this worker was handed others lately, and older ones come first.
   * Rejects in bounded time.
   */
  isInLine(tick: number, options: { readonly handedWithinMs: number }): Promise<boolean>
  /** Those of the jobs that no worker has taken, also because they are gone. Rejects in bounded time. */
  untaken(jobs: readonly Job[]): Promise<readonly Job[]>
  /** Whether this worker runs as many of its jobs as it may: what lies in the queue then only waits its turn. */
  isBusy(): boolean
  /** Takes no more jobs; those under way go on. */
  pause(): void
}

interface Connection {
  readonly url: string
  readonly backend: QueueBackend
  /** Since when another may take its place, on the timer that never steps; undefined while it is of use. */
  uselessSince: number | undefined
  isAdding: boolean
}

/**
 * Opens the queue and starts taking jobs from it. Resolves also when the backend is away: `add` then rejects until it
 * is back, and a connection that cannot come back is replaced.
 * @throws {RedisDatabaseError} when Redis has no database of the number in its URL
 */
export async function openQueue(location: QueueLocation, handlers: QueueHandlers): Promise<JobQueue> {
  const { redisUrl, postgresUrl } = location
  if (redisUrl !== null) await requireRedisDatabase(redisUrl)
  const count = countRunning(handlers.run)
  const close = (backend: QueueBackend) =>
    withDeadline(backend.close(), CLOSE_TIMEOUT_MS, 'closing the queue').catch(handlers.onError)
  const giveUp = (connection: Connection) => {
    if (connection.uselessSince !== undefined) return
    connection.uselessSince = performance.now()
    void close(connection.backend)
  }
  const connect = (): Connection => {
    const url = redisUrl ?? postgresUrl()
    const isBurst = burst()
    const onError = (error: Error) => {
      handlers.onError(error)
      if (isBurst(performance.now())) giveUp(connection)
    }
    const own = { ...handlers, run: count.run, onError }
    const backend = redisUrl === null ? postgresBackend(url, own) : redisBackend(url, own)
    const connection: Connection = { url, backend, uselessSince: undefined, isAdding: false }
    backend.ready.catch(() => giveUp(connection))
    return connection
  }

  let current = connect()
  let closed = false
  const opened = async (): Promise<Connection> => {
    if (redisUrl === null && current.url !== postgresUrl()) giveUp(current)
    if (current.uselessSince !== undefined) {
      if (closed || performance.now() - current.uselessSince < REOPEN_AFTER_MS)
        throw new QueueLostError('the queue is being opened anew')
      current = connect()
    }
    const connection = current
    await connection.backend.ready
    return connection
  }
  await withDeadline(current.backend.ready, READY_TIMEOUT_MS, 'opening the queue').catch(handlers.onError)
  return {
    backend: redisUrl === null ? 'postgres' : 'redis',
    add: (jobs) =>
      withDeadline(
        opened().then((connection) => addTo(connection, jobs)),
        ADD_TIMEOUT_MS,
        'adding to the queue',
      ),
    oldestWaiting: async (now) => {
      const asking = opened().then(({ backend }) => backend.oldest())
      const job = await withDeadline(asking, ASK_TIMEOUT_MS, 'asking the queue')
      return job === undefined ? 0 : Math.max(0, now - job.timestamp)
    },
    isInLine: async (tick, { handedWithinMs }) => {
      if (count.sinceHandedMs() > handedWithinMs) return false
      const asking = opened().then(({ backend }) => backend.oldest())
      const job = await withDeadline(asking, ASK_TIMEOUT_MS, 'asking the queue')
      return job !== undefined && job.data.tick <= tick
    },
    untaken: (jobs) => {
      const asking = opened().then(({ backend }) => untaken(backend, jobs))
      return withDeadline(asking, ASK_TIMEOUT_MS, 'asking the queue')
    },
    isBusy: () => count.running() >= handlers.concurrency,
    pause: () => current.backend.pause(),
    [Symbol.asyncDispose]: async () => {
      closed = true
      if (current.uselessSince === undefined) await close(current.backend)
    },
  }
}

export class QueueLostError extends Error {
  override readonly name = 'QueueLostError'
  readonly code = 'ERR_QUEUE_LOST'
}

/** Adds only when the jobs before were taken: a server that hangs would else be given a day's jobs when it goes on. */
async function addTo(connection: Connection, jobs: readonly Job[]): Promise<void> {
  if (connection.isAdding) throw new QueueLostError('the queue has not taken the jobs before these')
  connection.isAdding = true
  try {
    await connection.backend.add(jobs)
  } finally {
    connection.isAdding = false
  }
}

const TAKEN: ReadonlySet<string> = new Set(['active', 'completed', 'failed'])

async function untaken(backend: QueueBackend, jobs: readonly Job[]): Promise<readonly Job[]> {
  const limit = pLimit(MOST_QUESTIONS)
  const states = await Promise.all(jobs.map((job) => limit(() => backend.stateOf(job))))
  return jobs.filter((_, index) => !TAKEN.has(states[index] ?? ''))
}

function countRunning(run: (job: Job) => Promise<void>) {
  let count = 0
  let handedAt = Number.NEGATIVE_INFINITY
  return {
    running: () => count,
    sinceHandedMs: () => performance.now() - handedAt,
    run: async (job: Job) => {
      count += 1
      handedAt = performance.now()
      await run(job).finally(() => {
        count -= 1
      })
    },
  }
}

/** Answers whether there were too many calls in a short time. */
function burst(): (now: number) => boolean {
  const times: number[] = []
  return (now) => {
    times.push(now)
    if (times.length > MOST_ERRORS) times.shift()
    return times.length === MOST_ERRORS && now - (times[0] ?? now) < ERRORS_WITHIN_MS
  }
}
