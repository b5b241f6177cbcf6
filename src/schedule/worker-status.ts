import type { BypassReason } from './dispatcher.ts'
import type { SkipReason } from './runner.ts'

/** What one worker knows of its own machinery. Read by `/metrics` and `/readyz`; nobody waits for it. */
export interface WorkerStatus {
  stateUp: boolean
  queueUp: boolean
  /** Whether the queue took the last jobs it was given; one that answers questions may still be full or read-only. */
  queueTakes: boolean
  /** Age of the job that waits longest, seconds; null when the queue could not be asked. */
  queueOldestWaitingSeconds: number | null
  clockOffsetSeconds: number
  pendingResults: number
  droppedResults: number
  readonly bypassedRuns: Record<BypassReason, number>
  readonly skippedTicks: Record<SkipReason, number>
}

export function workerStatus(): WorkerStatus {
  return {
    stateUp: true,
    queueUp: true,
    queueTakes: true,
    queueOldestWaitingSeconds: null,
    clockOffsetSeconds: 0,
    pendingResults: 0,
    droppedResults: 0,
    bypassedRuns: { queue_down: 0, queue_stuck: 0, state_down: 0 },
    skippedTicks: { overlap: 0, superseded: 0, unknown: 0 },
  }
}
