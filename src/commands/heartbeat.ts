import { setTimeout as sleep } from 'node:timers/promises'
import type { LatestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import type { JobQueue } from '../schedule/queue.ts'
import type { SharedClock } from '../schedule/shared-clock.ts'
import type { WorkerStatus } from '../schedule/worker-status.ts'
import { errorField, type Logger } from './logger.ts'

const BEAT_MS = 1_000
/** The queue's age is for a panel and an alert over minutes. */
const BEATS_PER_QUEUE_LOOK = 5

export interface HeartbeatOptions {
  readonly store: StateStore
  readonly latest: LatestResults
  readonly queue: JobQueue
  readonly clock: SharedClock
  readonly status: WorkerStatus
  readonly log: Logger
  /** Called when there is something new to show. */
  readonly onChange: () => void
}

/**
 * Once a second: store what waits, learn what others found, take over the common time. Each step has its own
 * deadline, so a backend that hangs delays a beat and stops none.
 */
export function heartbeat(options: HeartbeatOptions): AsyncDisposable & { readonly first: Promise<void> } {
  const { store, latest, queue, clock, status, log, onChange } = options
  const stopping = new AbortController()
  let shown = -1

  const syncState = async (): Promise<void> => {
    try {
      clock.sync((await store.now(2_000)).getTime())
      await latest.sync()
      if (!status.stateUp) log.info('the state database is back')
      status.stateUp = true
    } catch (error) {
      if (status.stateUp)
        log.error(errorField(error), 'the state database is lost; this worker goes on by itself')
      status.stateUp = false
    }
    status.clockOffsetSeconds = clock.offsetSeconds()
    status.pendingResults = latest.pending()
    status.droppedResults = latest.dropped()
  }

  const lookAtQueue = async (): Promise<void> => {
    try {
      status.queueOldestWaitingSeconds = (await queue.oldestWaiting(Date.now())) / 1000
      status.queueUp = true
    } catch {
      status.queueOldestWaitingSeconds = null
      status.queueUp = false
    }
  }

  const beat = async (count: number): Promise<void> => {
    await syncState()
    if (count % BEATS_PER_QUEUE_LOOK === 0) await lookAtQueue()
    if (latest.version() === shown) return
    shown = latest.version()
    onChange()
  }

  const first = beat(0)
  const loop = (async () => {
    await first
    for (let count = 1; !stopping.signal.aborted; count++) {
      await sleep(BEAT_MS, undefined, { signal: stopping.signal }).catch(() => {})
      await beat(count)
    }
  })()

  return {
    first,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await loop
    },
  }
}
