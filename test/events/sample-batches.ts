import { randomUUID } from 'node:crypto'
import { BATCH_VERSION, type Batch, type Count } from '../../src/events/batch.ts'
import { durationBuckets } from '../../src/events/vocabulary.ts'

/** So many rejected sign-ins, each of which took 0.2 s: the fourth bucket ends at 0.25 s. */
export function rejected(count: number): Count {
  const buckets = durationBuckets.map((bound) => (bound === 0.25 ? count : 0)).concat(0)
  return {
    ...{ operation: 'sign_in_email', outcome: 'rejected', reason: 'invalid_credentials' },
    ...{ count, buckets, sum: count * 0.2 },
  }
}

/** So many sessions found, each of which took 20 s, longer than the last bound. */
export function found(count: number): Count {
  const buckets = durationBuckets.map(() => 0).concat(count)
  return {
    ...{ operation: 'get_session', outcome: 'success', reason: 'ok' },
    ...{ count, buckets, sum: count * 20 },
  }
}

/** Events that the application told of, which have no duration. */
export function told(count: number): Count {
  return {
    ...{ operation: 'organization', outcome: 'rejected', reason: 'not_a_member' },
    ...{ count, buckets: [], sum: 0 },
  }
}

export function batchOf(changes: Partial<Batch> = {}): Batch {
  return {
    version: BATCH_VERSION,
    server: 'crm-a',
    source: randomUUID(),
    epoch: 1_760_000_000_000,
    sequence: 1,
    counts: [rejected(3)],
    dropped: 0,
    ...changes,
  }
}
