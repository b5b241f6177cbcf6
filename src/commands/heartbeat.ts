import { setTimeout as sleep } from 'node:timers/promises'
import type { EventTotals } from '../events/event-totals.ts'
import type { LatestResults } from '../results/latest-results.ts'
import { StateError } from '../results/state-error.ts'
import type { StateStore } from '../results/state-store.ts'
import type { WaiverBook } from '../results/waiver-book.ts'
import { withDeadline } from '../schedule/deadline.ts'
import type { JobQueue } from '../schedule/queue.ts'
import type { SharedClock } from '../schedule/shared-clock.ts'
import type { WorkerStatus } from '../schedule/worker-status.ts'
import { errorField, type Logger } from './logger.ts'

const BEAT_MS = 1_000
const SHOW_MS = 250
/** Pauses for each time it took to make what is shown: of a thousand targets that takes most of a second. */
const SHOW_PAUSES = 9
/** The queue's age is for a panel and an alert over minutes. */
const QUEUE_LOOK_MS = 5_000
const CLOCK_TIMEOUT_MS = 2_000
const STOP_TIMEOUT_MS = 500

export interface HeartbeatOptions {
  readonly store: Pick<StateStore, 'now'>
  readonly latest: LatestResults
  readonly events: Pick<EventTotals, 'sync' | 'version'>
  readonly waivers: Pick<WaiverBook, 'sync'>
  readonly queue: Pick<JobQueue, 'oldestWaiting'>
  readonly clock: SharedClock
  readonly status: WorkerStatus
  readonly log: Logger
  /** Called when there is something new to show. */
  readonly onChange: () => void
}

export interface Heartbeat extends AsyncDisposable {
  /** Resolves when the state database and the queue were asked once, whatever they answered. */
  readonly first: Promise<unknown>
}

/**
 * Again and again: store what waits, learn what others found, take over the common time, look at the queue, and show
 * what is new. Each of these goes by itself: a backend that hangs delays its own and nothing else.
 */
export function heartbeat(options: HeartbeatOptions): Heartbeat {
  const { latest, events, onChange } = options
  const stopping = new AbortController()
  const state = every(BEAT_MS, stateLook(options), stopping.signal)
  const waived = every(BEAT_MS, waiverSync(options), stopping.signal)
  const counted = every(BEAT_MS, eventSync(options), stopping.signal)
  const queue = every(QUEUE_LOOK_MS, () => lookAtQueue(options), stopping.signal)
  let shown = ''
  const show = () => {
    const version = `${latest.version()}/${events.version()}`
    if (version === shown) return
    shown = version
    onChange()
  }
  const showing = atEase(show)
  return {
    first: Promise.all([state.first, waived.first, counted.first, queue.first]).then(show),
    [Symbol.asyncDispose]: async () => {
      showing[Symbol.dispose]()
      stopping.abort()
      const ended = Promise.all([state.ended, waived.ended, counted.ended, queue.ended])
      await withDeadline(ended, STOP_TIMEOUT_MS, 'the last beat').catch(() => {})
    },
  }
}

/** Does the work again and again, seldom enough to leave most of the time to the checks. */
function atEase(work: () => void): Disposable {
  const next = (took: number): NodeJS.Timeout =>
    setTimeout(
      () => {
        const began = performance.now()
        work()
        timer = next(performance.now() - began)
      },
      Math.max(SHOW_MS, took * SHOW_PAUSES),
    )
  let timer = next(0)
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Does the work at once and then again, each time `pauseMs` after the end of the time before. It must not throw. */
function every(pauseMs: number, work: () => Promise<void>, signal: AbortSignal) {
  const first = work()
  const ended = (async () => {
    await first
    while (!signal.aborted) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
      if (!signal.aborted) await work()
    }
  })()
  return { first, ended }
}

/** Gives a look at the state database, to be taken again and again. */
function stateLook({ store, latest, clock, status, log }: HeartbeatOptions): () => Promise<void> {
  let isLate = false
  const lost = (error: unknown): void => {
    // Our own errors are free of secrets, and tell the operator what to mend.
    const reason = error instanceof StateError ? { reason: error.message } : {}
    const words = 'the state database is lost; this worker goes on by itself'
    if (status.stateUp) log.error({ ...errorField(error), ...reason }, words)
    status.stateUp = false
  }
  return async () => {
    const began = performance.now()
    try {
      clock.sync((await store.now(CLOCK_TIMEOUT_MS)).getTime())
      await latest.sync()
      if (!status.stateUp) log.info('the state database is back')
      status.stateUp = true
      isLate = false
    } catch (error) {
      // One answer that is late may be the fault of this machine; a second is not, and neither is a refusal.
      const wasLate = isLate
      isLate = performance.now() - began >= CLOCK_TIMEOUT_MS
      if (wasLate || !isLate) lost(error)
    }
    status.clockOffsetSeconds = clock.offsetSeconds()
    status.pendingResults = latest.pending()
    status.droppedResults = latest.dropped()
  }
}

/** By itself, and from memory while it fails: what is waived must not call anybody because the state is away. */
function waiverSync({ waivers, status, log }: HeartbeatOptions): () => Promise<void> {
  let failing = false
  return async () => {
    try {
      await waivers.sync()
      failing = false
    } catch (error) {
      if (!failing && status.stateUp) log.warn(errorField(error), 'the waivers cannot be read')
      failing = true
    }
  }
}

/** By itself: rights that are missing on the tables of events must not look as if the state were lost. */
function eventSync({ events, status, log }: HeartbeatOptions): () => Promise<void> {
  let failing = false
  return async () => {
    try {
      await events.sync()
      failing = false
    } catch (error) {
      // That the database is away is told once, by who looks after it.
      if (!failing && status.stateUp) log.warn(errorField(error), 'the totals of events cannot be read')
      failing = true
    }
  }
}

async function lookAtQueue({ queue, status }: HeartbeatOptions): Promise<void> {
  try {
    status.queueOldestWaitingSeconds = (await queue.oldestWaiting(Date.now())) / 1000
    status.queueUp = status.queueTakes
  } catch {
    status.queueOldestWaitingSeconds = null
    status.queueUp = false
  }
}
