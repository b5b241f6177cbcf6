import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import { seconds } from '../catalogue/duration.ts'
import { alertName } from '../catalogue/naming.ts'
import { backendRules, HANDOVER } from './backend-rules.ts'
import { deliveryRules } from './delivery-rules.ts'
import { SERVER_EVENTS } from './event-recordings.ts'
import type { AlertRule } from './rule.ts'

const DASHBOARD = 'authwatch-worker?var-job={{ $labels.job }}'
const OF_CHECK =
  'authwatch-checks?var-job={{ $labels.job }}&var-check={{ $labels.check }}&var-target={{ $labels.target }}'

/** Every server has it, it needs no configuration, and it can always judge: silence of it is silence of all. */
const ALWAYS_PROBED = 'server.not_answering'

/** Alerts on the watcher: a monitor that stops without a word is worse than none. */
export function selfRules(checks: readonly Check[], policy: AlertPolicy): readonly AlertRule[] {
  const probe = checks.find(({ id }) => id === ALWAYS_PROBED)
  return [
    watchdog,
    ...workerRules(policy),
    checkStale,
    checkCannotLook(probe),
    ...(probe === undefined ? [] : [serverUnwatched(probe), serverNotProbed(probe)]),
    ...backendRules(policy),
    ...deliveryRules,
  ]
}

const watchdog: AlertRule = {
  alert: 'AuthwatchWatchdog',
  expr: 'vector(1)',
  severity: 'none',
  team: 'sre',
  view: 'self',
  summary: 'Always fires: who stops receiving it knows that no alert can reach anybody',
  description: 'Rules are evaluated and Alertmanager delivers.',
  dashboard: 'authwatch-overview',
}

function workerRules({ job, nothingRan }: AlertPolicy): readonly AlertRule[] {
  const common = { team: 'sre', view: 'self', dashboard: DASHBOARD } as const
  return [
    {
      ...common,
      alert: 'AuthwatchWorkersGone',
      expr: `absent(authwatch_build_info{job="${job}"})`,
      for: '5m',
      keepFiringFor: HANDOVER,
      severity: 'critical',
      summary: 'No worker is scraped: nothing is watched any more',
      description: 'No target of the scrape job {{ $labels.job }} has answered for 5 minutes.',
    },
    {
      ...common,
      alert: 'AuthwatchWorkerDown',
      expr: `max_over_time(up{job="${job}"}[2m]) == 0`,
      for: '5m',
      severity: 'warning',
      summary: 'A worker does not answer',
      description: '{{ $labels.instance }} has not answered a scrape for 5 minutes.',
    },
    {
      ...common,
      alert: 'AuthwatchChecksStopped',
      expr: `time() - max by (job) (authwatch_check_last_run_timestamp_seconds) > ${seconds(nothingRan)}`,
      for: '5m',
      severity: 'critical',
      summary: 'Workers answer but run no checks: nothing is watched any more',
      description:
        'The last run of any check by {{ $labels.job }} began {{ $value | humanizeDuration }} ago.',
    },
  ]
}

/**
 * Seconds since the last run of each check that is not run any more: three missed runs and a minute, later than the
 * workers themselves call a result too old. `matchers` stand in braces.
 */
export function overdueChecks(matchers = ''): string {
  return `time() - max by (job, check, target) (authwatch_check_last_run_timestamp_seconds${matchers})
> 3 * max by (job, check, target) (authwatch_check_interval_seconds${matchers}) + 60`
}

const checkStale: AlertRule = {
  alert: 'AuthwatchCheckStale',
  expr: overdueChecks(),
  for: '5m',
  severity: 'warning',
  team: 'sre',
  view: 'self',
  summary: 'A check is not run any more',
  description:
    '{{ $labels.check }} on {{ $labels.target }} was last begun {{ $value | humanizeDuration }} ago.',
  dashboard: OF_CHECK,
}

/** Until also what is seldom run has looked again. */
const LOOKED_AGAIN = '25m'

/** An average, so that a check that fails to look every other time is found too. */
function checkCannotLook(probe: Check | undefined): AlertRule {
  // Where there is nothing to look at, somebody was called about that.
  const called = ['AuthwatchDatabaseDown', ...(probe === undefined ? [] : [alertName(probe.id)])].join('|')
  return {
    alert: 'AuthwatchCheckCannotLook',
    expr: `max by (job, check, target) (avg_over_time(authwatch_check_state{state="error"}[15m])) > 0.5
unless on (job, check, target) last_over_time(authwatch_check_error{code="ERR_STALE"}[5m])
unless on (job, target) last_over_time(ALERTS{alertname=~"${called}",alertstate="firing"}[${LOOKED_AGAIN}])`,
    for: '10m',
    severity: 'warning',
    team: 'sre',
    view: 'self',
    summary: 'A check cannot look, so it says nothing about what it watches',
    description:
      '{{ $labels.check }} on {{ $labels.target }} could not look {{ $value | humanizePercentage }} of the last 15 minutes.',
    dashboard: OF_CHECK,
  }
}

function serverUnwatched({ id, every }: Check): AlertRule {
  return {
    alert: 'AuthwatchServerUnwatched',
    expr: `time() - max by (job, target) (authwatch_check_last_success_timestamp_seconds{check="${id}"})
> ${Math.max(600, 5 * seconds(every))}`,
    for: '5m',
    severity: 'warning',
    team: 'sre',
    view: 'self',
    summary: 'A server is not probed any more',
    description: 'Server {{ $labels.target }} was last looked at {{ $value | humanizeDuration }} ago.',
    dashboard: 'authwatch-probes?var-job={{ $labels.job }}&var-server={{ $labels.target }}',
  }
}

/**
 * Where others are probed, a server that users meet and no configuration names is one that can hold another secret for
 * weeks. The job of the events may be the application's own, so that servers are told apart by their name alone.
 */
function serverNotProbed({ id }: Check): AlertRule {
  const probed = `authwatch_check_last_run_timestamp_seconds{check="${id}"}`
  return {
    alert: 'AuthwatchServerNotProbed',
    expr: `avg_over_time(${SERVER_EVENTS}[30m]) > 0
unless on (server) label_replace(max by (target) (${probed}), "server", "$1", "target", "(.*)")
and on () count(${probed}) > 0`,
    for: '30m',
    severity: 'warning',
    team: 'sre',
    view: 'self',
    summary: 'Users meet a server that no probe looks at',
    description:
      'Server {{ $labels.server }} reports authentication events, {{ $value | humanize }} a second, and is not among the servers that are probed.',
    dashboard: 'authwatch-overview?var-job={{ $labels.job }}&var-server={{ $labels.server }}',
  }
}
