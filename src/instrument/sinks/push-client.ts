import { setTimeout as sleep } from 'node:timers/promises'
import type { EventSink } from '../auth-event.ts'
import type { InstrumentError } from '../instrument-error.ts'
import { backoff } from './backoff.ts'
import { type BatchSourceOptions, createBatchSource } from './batch-source.ts'
import { createDelivery, type Delivery } from './delivery.ts'

const DEFAULT_INTERVAL_MS = 2_000
/** Between two tries while the process is about to end. */
const CLOSING_PAUSE_MS = 200
/** Longer than any delivery. */
const STAY_MS = 60_000
/** One batch may be on its way already, one holds what was counted before the call, and one is for luck. */
const BATCHES_PER_FLUSH = 3

export interface PushOptions {
  /** The worker's, for example `https://authwatch.internal:9464/ingest`. */
  readonly url: string | URL
  readonly token: string
  /** Milliseconds between two batches. Default 2,000. */
  readonly intervalMs?: number | undefined
}

export interface PushClientOptions extends PushOptions, BatchSourceOptions {
  readonly onError: (error: InstrumentError) => void
}

/**
 * Sends events to a worker, in the background: one batch is on its way at a time, and what is counted meanwhile is
 * added up for the next one. So a worker that is away costs a constant amount of memory, and no event.
 */
export interface PushClient extends Required<EventSink> {
  /** True when all that was counted before the call is at the worker, false when it could not be delivered now. */
  flush(): Promise<boolean>
  /** Delivers what is left, for at most this many milliseconds, and stops. True when all was delivered. */
  close(deadlineMs: number): Promise<boolean>
}

export function createPushClient(options: PushClientOptions): PushClient {
  const { intervalMs = DEFAULT_INTERVAL_MS } = options
  const source = createBatchSource(options)
  const delivery = createDelivery(source, options)
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let closed: Promise<boolean> | undefined

  const schedule = (delayMs: number) => {
    // Neither this nor a socket may keep a process from ending.
    if (closed === undefined) timer = setTimeout(() => void tick(), delayMs).unref()
  }
  const tick = async () => {
    const { isDelivered, retryAfterMs } = await delivery.deliver()
    failures = isDelivered ? 0 : failures + 1
    const pause = isDelivered ? intervalMs : backoff({ failures, intervalMs, random: Math.random() })
    schedule(retryAfterMs ?? pause)
  }
  schedule(0)
  return {
    count: source.count,
    attempt: source.attempt,
    flush: () => flush(delivery),
    close(deadlineMs) {
      clearTimeout(timer)
      closed ??= close(delivery, deadlineMs)
      return closed
    },
  }
}

async function flush(delivery: Delivery): Promise<boolean> {
  // Whoever awaits a delivery wants the process to stay for it, which our sockets do not make it do.
  const stay = setInterval(() => {}, STAY_MS)
  try {
    for (let batches = 0; batches < BATCHES_PER_FLUSH && delivery.hasNext; batches += 1) {
      if (!(await delivery.deliver()).isDelivered) return false
    }
    return true
  } finally {
    clearInterval(stay)
  }
}

async function close(delivery: Delivery, deadlineMs: number): Promise<boolean> {
  let isOver = false
  const deadline = setTimeout(() => {
    isOver = true
    delivery.end()
  }, deadlineMs)
  let isDone = await flush(delivery)
  while (!isDone && !isOver) {
    await sleep(CLOSING_PAUSE_MS)
    isDone = await flush(delivery)
  }
  clearTimeout(deadline)
  delivery.end()
  return isDone
}
