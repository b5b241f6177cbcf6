import { commitTogether } from '../results/commit-together.ts'
import type { EventStore } from '../results/event-store.ts'
import type { Batch } from './batch.ts'
import { toEventBatch } from './to-event-batch.ts'
import type { WorkerSketches } from './worker-sketches.ts'

/** Batches in one transaction at most: enough to share its cost, too few for its locks to be long. */
const MAX_GROUP = 32

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

/** Counts batches that arrive together in one transaction. Callers bound how many wait. */
export function groupCommit({ store, sketches, now }: GroupCommitOptions): GroupCommit {
  const add = commitTogether<Batch>({
    next: ofDifferentSources,
    commit: async (batches) => {
      await store.apply({ batches: batches.map(toEventBatch), windows: sketches.add(batches, now()) })
    },
  })
  return { add }
}

/** The oldest, but of each source one only: a statement cannot tell which of two came first. */
function ofDifferentSources(waiting: readonly Batch[]): readonly Batch[] {
  const bySource = new Map<string, Batch>()
  for (const batch of waiting) {
    if (!bySource.has(batch.source)) bySource.set(batch.source, batch)
    if (bySource.size === MAX_GROUP) break
  }
  return [...bySource.values()]
}
