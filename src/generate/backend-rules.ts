import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import { seconds } from '../catalogue/duration.ts'
import type { AlertRule } from './rule.ts'

const COMMON = {
  team: 'sre',
  view: 'self',
  dashboard: 'authwatch-worker?var-job={{ $labels.job }}',
} as const

/**
 * How long what could not be counted is not to be judged: servers hand it over all at once, the rates of five minutes
 * jump, and what fires about that keeps firing for ten.
 */
export const HANDOVER = '20m'

/** Alerts on what the workers stand on: databases, queue, memory, clock, files. */
export function backendRules(policy: AlertPolicy): readonly AlertRule[] {
  return [
    databaseDown,
    ...stateRules,
    ...queueRules(policy),
    seriesDropped,
    clockOff(policy),
    webConfigRefused,
  ]
}

/** The application's users have this fault too, so it calls somebody. */
const databaseDown: AlertRule = {
  alert: 'AuthwatchDatabaseDown',
  expr: 'max by (job, target) (max_over_time(authwatch_database_up[2m])) == 0',
  for: '2m',
  severity: 'critical',
  team: 'sre',
  view: 'self',
  summary: 'The application database cannot be reached',
  description: 'No worker of {{ $labels.job }} can connect to database {{ $labels.target }}.',
  dashboard: 'authwatch-checks?var-job={{ $labels.job }}&var-target={{ $labels.target }}',
}

const stateRules: readonly AlertRule[] = [
  {
    ...COMMON,
    alert: 'AuthwatchStateDatabaseDown',
    expr: 'count by (job) (max_over_time(authwatch_state_up[2m]) == 0) > 0',
    for: '3m',
    keepFiringFor: HANDOVER,
    severity: 'warning',
    summary: "Workers have lost authwatch's own database and go on without it",
    description: '{{ $value | humanize }} workers of {{ $labels.job }} cannot reach the state database.',
  },
  {
    ...COMMON,
    alert: 'AuthwatchResultsDropped',
    expr: 'sum by (job) (increase(authwatch_results_dropped_total[15m])) > 0',
    keepFiringFor: '10m',
    severity: 'warning',
    summary: 'Results are missing from the history',
    description: '{{ $value | humanize }} results of {{ $labels.job }} could not be stored in 15 minutes.',
  },
]

function queueRules({ queueWaiting }: AlertPolicy): readonly AlertRule[] {
  return [
    {
      ...COMMON,
      alert: 'AuthwatchQueueDown',
      expr: 'count by (job) (max_over_time(authwatch_queue_up[2m]) == 0) > 0',
      for: '3m',
      severity: 'warning',
      summary: 'Workers have lost the queue and run checks by themselves',
      description: '{{ $value | humanize }} workers of {{ $labels.job }} cannot reach the queue.',
    },
    {
      ...COMMON,
      alert: 'AuthwatchQueueStuck',
      // What is handed out too late is handed out.
      expr: `max by (job) (last_over_time(authwatch_queue_oldest_waiting_seconds[5m])) > ${seconds(queueWaiting)}
unless on (job) ${SUPERSEDED} > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'Jobs wait in the queue and no worker takes them',
      description: 'The oldest job of {{ $labels.job }} has waited for {{ $value | humanizeDuration }}.',
    },
    workersOverloaded,
  ]
}

const SUPERSEDED = 'sum by (job) (increase(authwatch_ticks_skipped_total{reason="superseded"}[5m]))'

/** More than a hiccup: whatever is due at once may be too much for a minute. */
const workersOverloaded: AlertRule = {
  ...COMMON,
  alert: 'AuthwatchWorkersOverloaded',
  expr: `${SUPERSEDED} > 5`,
  for: '5m',
  keepFiringFor: '10m',
  severity: 'warning',
  summary: 'Workers cannot keep up: checks are run less often than they should be',
  description:
    'Workers of {{ $labels.job }} left out {{ $value | humanize }} ticks in 5 minutes, because a newer one was due already.',
}

const seriesDropped: AlertRule = {
  ...COMMON,
  alert: 'AuthwatchSeriesDropped',
  expr: 'sum by (job) (increase(authwatch_series_dropped_total[15m])) > 0',
  keepFiringFor: '10m',
  severity: 'warning',
  summary: 'Metrics are left out because there are too many series',
  description: 'Workers of {{ $labels.job }} left out {{ $value | humanize }} series in 15 minutes.',
}

/** Until somebody mends it all goes well; a worker that is started anew would not start. */
const webConfigRefused: AlertRule = {
  ...COMMON,
  alert: 'AuthwatchWebConfigReloadFailed',
  expr: 'max by (job, instance) (authwatch_web_config_last_reload_successful) == 0',
  for: '5m',
  severity: 'warning',
  summary: 'A worker cannot use its web configuration as it is now, and keeps the one before',
  description: '{{ $labels.instance }} refuses what is in its web configuration, or in a file that it names.',
}

function clockOff({ clockOffset }: AlertPolicy): AlertRule {
  return {
    ...COMMON,
    alert: 'AuthwatchWorkerClockOff',
    expr: `max by (job, instance) (abs(authwatch_clock_offset_seconds)) > ${clockOffset}`,
    for: '10m',
    severity: 'warning',
    summary: "A worker's clock is off",
    description:
      'The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} away from the one the workers share.',
  }
}
