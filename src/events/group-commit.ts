import type { EventStore } from '../results/event-store.ts'
import { StateError } from '../results/state-error.ts'
import type { Batch } from './batch.ts'
import { toEventBatch } from './to-event-batch.ts'
import type { WorkerSketches } from './worker-sketches.ts'

/** Batches in one transaction at most: enough to share its cost, too few for its locks to be long. */
const MAX_GROUP = 32

interface Waiting {
  readonly batch: Batch
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

export interface GroupCommit {
  /** Resolves once the batch is counted for good, or was before. Throws StateError: then it may be sent again. */
  add(batch: Batch): Promise<void>
}

export interface GroupCommitOptions {
  readonly store: EventStore
  readonly sketches: WorkerSketches
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Commits together what arrives while the commit before is under way. A batch alone waits for nobody; under load the
 * cost of a transaction, most of which is the wait for the disk, is shared. Callers bound how many wait.
 */
export function groupCommit({ store, sketches, now }: GroupCommitOptions): GroupCommit {
  let waiting: readonly Waiting[] = []
  let committing = false

  const commit = async (group: readonly Waiting[]): Promise<void> => {
    const batches = group.map(({ batch }) => batch)
    try {
      await store.apply({ batches: batches.map(toEventBatch), windows: sketches.add(batches, now()) })
      for (const { done } of group) done()
    } catch (cause) {
      // One that the database refuses must not keep the others out.
      if (group.length > 1 && !isUnreachable(cause)) {
        for (const each of group) await commit([each])
      } else {
        for (const { failed } of group) failed(cause)
      }
    }
  }

  const commitAll = async (): Promise<void> => {
    if (committing) return
    committing = true
    while (waiting.length > 0) {
      const group = nextGroup(waiting)
      waiting = waiting.filter((each) => !group.includes(each))
      await commit(group)
    }
    committing = false
  }

  return {
    add: (batch) =>
      new Promise((done, failed) => {
        waiting = [...waiting, { batch, done, failed }]
        void commitAll()
      }),
  }
}

/** The oldest, but of each source one only: a statement cannot tell which of two came first. */
function nextGroup(waiting: readonly Waiting[]): readonly Waiting[] {
  const bySource = new Map<string, Waiting>()
  for (const each of waiting) {
    if (!bySource.has(each.batch.source)) bySource.set(each.batch.source, each)
    if (bySource.size === MAX_GROUP) break
  }
  return [...bySource.values()]
}

function isUnreachable(cause: unknown): boolean {
  return cause instanceof StateError && cause.code === 'ERR_STATE_UNREACHABLE'
}
