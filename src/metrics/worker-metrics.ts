import type { WorkerStatus } from '../schedule/worker-status.ts'
import type { MetricFamily } from './metric-family.ts'

const one = (name: string, help: string, value: number): MetricFamily => ({
  name: `authwatch_${name}`,
  help,
  type: 'gauge',
  samples: [{ labels: {}, value }],
})

const byReason = (name: string, help: string, counts: Readonly<Record<string, number>>): MetricFamily => ({
  name: `authwatch_${name}`,
  help,
  type: 'counter',
  samples: Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value })),
})

/** The worker's own machinery: the part of `/metrics` that differs from worker to worker. */
export function workerMetrics(status: WorkerStatus): readonly MetricFamily[] {
  const oldest = status.queueOldestWaitingSeconds
  const waiting = one(
    'queue_oldest_waiting_seconds',
    'Age of the job that waits longest in the queue.',
    oldest ?? 0,
  )
  return [
    one('state_up', "Whether this worker reaches authwatch's own database.", Number(status.stateUp)),
    one('queue_up', 'Whether this worker reaches the queue.', Number(status.queueUp)),
    ...(oldest === null ? [] : [waiting]),
    one(
      'clock_offset_seconds',
      "This machine's clock minus the clock the workers share.",
      status.clockOffsetSeconds,
    ),
    one('results_pending', 'Results that wait for the state database to come back.', status.pendingResults),
    {
      name: 'authwatch_results_dropped_total',
      help: 'Results missing from the history because the state database was away for too long.',
      type: 'counter',
      samples: [{ labels: {}, value: status.droppedResults }],
    },
    byReason(
      'queue_bypassed_runs_total',
      'Runs this worker began without the queue, by reason.',
      status.bypassedRuns,
    ),
    byReason(
      'ticks_skipped_total',
      'Ticks this worker was handed and did not run, by reason.',
      status.skippedTicks,
    ),
  ]
}
