import type { Operation } from '../events/vocabulary.ts'
import type { Attempt, AuthEvent, EventSink } from './auth-event.ts'
import { InstrumentError } from './instrument-error.ts'
import type { Verdict } from './verdict/verdict.ts'

export interface Judged {
  readonly operation: Operation
  /** A promise while a copied body is being read. */
  readonly verdict: Verdict | Promise<Verdict>
  readonly seconds: number | undefined
}

/** Takes what was observed to where it goes. Nothing here is awaited by a request, and nothing throws into one. */
export interface Recorder {
  record(judged: Judged): void
  attempt(attempt: Attempt | Promise<Attempt>): void
  /** Whether anyone wants to know of attempts. */
  readonly wantsAttempts: boolean
  /** Does something whose failure must not be noticed by its caller. */
  guard(work: () => void): void
  /** Waits for the bodies that are being read. */
  settle(): Promise<void>
}

export function createRecorder(
  sinks: readonly EventSink[],
  onError: (error: InstrumentError) => void,
): Recorder {
  const reading = new Set<Promise<void>>()
  const fail = (cause: unknown) =>
    onError(new InstrumentError('not_counted', 'An event could not be counted.', { cause }))
  const guard = (work: () => void) => {
    try {
      work()
    } catch (cause) {
      fail(cause)
    }
  }
  const later = (work: Promise<void>) => {
    const done: Promise<void> = work.catch(fail).finally(() => reading.delete(done))
    reading.add(done)
  }
  const count = (event: AuthEvent) => {
    for (const sink of sinks) sink.count(event)
  }
  const tell = (attempt: Attempt) => {
    for (const sink of sinks) sink.attempt?.(attempt)
  }
  return {
    record({ operation, verdict, seconds }) {
      if (verdict instanceof Promise) {
        later(verdict.then((judged) => count({ operation, ...judged, seconds })))
      } else {
        count({ operation, ...verdict, seconds })
      }
    },
    attempt(attempt) {
      if (attempt instanceof Promise) later(attempt.then(tell))
      else tell(attempt)
    },
    wantsAttempts: sinks.some((sink) => sink.attempt !== undefined),
    guard,
    async settle() {
      await Promise.all(reading)
    },
  }
}
