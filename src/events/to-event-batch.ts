import { groupBy } from '../catalogue/group-by.ts'
import type { EventBatch } from '../results/event-store.ts'
import type { Batch, Count } from './batch.ts'

/** As it is stored: times are kept by operation and outcome, not by reason. */
export function toEventBatch({ source, server, epoch, sequence, dropped, counts }: Batch): EventBatch {
  const timed = counts.filter(({ buckets }) => buckets.some((events) => events > 0))
  const groups = groupBy(timed, ({ operation, outcome }) => `${operation} ${outcome}`)
  return {
    ...{ source, server, epoch, sequence, dropped },
    counts: counts.map(({ operation, outcome, reason, count }) => ({ operation, outcome, reason, count })),
    durations: [...groups.values()].map((group) => ({
      operation: group[0]!.operation,
      outcome: group[0]!.outcome,
      buckets: group.map(({ buckets }) => buckets).reduce(addUp),
      sum: group.reduce((sum, each) => sum + each.sum, 0),
    })),
  }
}

function addUp(a: Count['buckets'], b: Count['buckets']): Count['buckets'] {
  return a.map((events, bound) => events + (b[bound] ?? 0))
}
