import { seconds } from '../catalogue/duration.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { states } from '../catalogue/result.ts'
import { type CurrentResult, currentResults, type Snapshot } from './current-results.ts'
import type { Labels, MetricFamily, MetricSample } from './metric-family.ts'
import { subjectGauges } from './subject-gauges.ts'

/** Without it nobody can tell a silent check from a healthy one, so no cap may drop it. */
export const STATE_METRIC = 'authwatch_check_state'

interface CheckMetric {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  samples(current: CurrentResult, labels: Labels): readonly MetricSample[]
}

/** The order is that of importance: what comes last is dropped first when there are too many series. */
const METRICS: readonly CheckMetric[] = [
  {
    name: STATE_METRIC,
    help: 'State of the check: exactly one is 1. No series before the first run; error when the result is too old.',
    type: 'gauge',
    samples: ({ last }, labels) =>
      last === undefined
        ? []
        : states.map((state) => ({
            labels: { ...labels, state },
            value: last.verdict.state === state ? 1 : 0,
          })),
  },
  {
    name: 'authwatch_check_last_run_timestamp_seconds',
    help: 'When the last run of the check began; 0 before the first.',
    type: 'gauge',
    samples: ({ last }, labels) => [{ labels, value: (last?.result.startedAt ?? 0) / 1000 }],
  },
  {
    name: 'authwatch_check_last_success_timestamp_seconds',
    help: 'When the last run that could measure (pass or fail) began; 0 when none could.',
    type: 'gauge',
    samples: ({ last }, labels) => [{ labels, value: (last?.result.lastSuccessAt ?? 0) / 1000 }],
  },
  {
    name: 'authwatch_check_interval_seconds',
    help: 'Time from one run of the check to the next, as scheduled.',
    type: 'gauge',
    samples: ({ check }, labels) => [{ labels, value: seconds(check.every) }],
  },
  {
    name: 'authwatch_check_findings',
    help: 'Offenders the check counted; absent when it could not look or counts none.',
    type: 'gauge',
    samples: ({ last }, labels) => {
      const value = last !== undefined && 'values' in last.verdict ? last.verdict.values.offenders : undefined
      return value === null || value === undefined || Number.isNaN(value) ? [] : [{ labels, value }]
    },
  },
  {
    name: 'authwatch_findings_waived',
    help: 'Offenders left out of the findings because somebody waived them; absent when there is no waiver.',
    type: 'gauge',
    samples: ({ last }, labels) => {
      const value = last !== undefined && 'values' in last.verdict ? last.verdict.values.waived : undefined
      return value === null || value === undefined ? [] : [{ labels, value }]
    },
  },
  {
    name: 'authwatch_check_error',
    help: 'Why the check could not look, 1 for the code; absent unless its state is error.',
    type: 'gauge',
    samples: ({ last }, labels) =>
      last?.verdict.state === 'error' ? [{ labels: { ...labels, code: last.verdict.code }, value: 1 }] : [],
  },
  {
    name: 'authwatch_check_runs_total',
    help: 'Runs of the check by how they ended.',
    type: 'counter',
    samples: ({ last }, labels) =>
      states.map((outcome) => ({ labels: { ...labels, outcome }, value: last?.result.runs[outcome] ?? 0 })),
  },
  {
    name: 'authwatch_check_duration_seconds',
    help: 'How long the last run of the check took.',
    type: 'gauge',
    samples: ({ last }, labels) =>
      last === undefined ? [] : [{ labels, value: last.result.durationMs / 1000 }],
  },
]

/**
 * The metrics of all checks on all targets: a function of the results and the instant alone, so that every worker
 * exports the same.
 *
 * Before the first run a check has no state: every state would be a claim. It has a last run at 0, its interval and
 * its counters at 0, so that rules see both a check that never starts and the first failure.
 */
export function checkMetrics(snapshot: Snapshot): readonly MetricFamily[] {
  const current = currentResults(snapshot)
  const own = METRICS.map(({ name, help, type, samples }) => ({
    name,
    help,
    type,
    samples: current.flatMap((each) => samples(each, { check: each.check.id, target: each.target })),
  }))
  return [...own, databaseUp(current), probeSuccess(current), ...subjectGauges(current)]
}

const CANNOT_REACH: ReadonlySet<string> = new Set(['ERR_UNREACHABLE', 'ERR_CREDENTIALS'])

/** Of each database, whether the run that looked last could connect: an error of one check alone says nothing of it. */
function databaseUp(current: readonly CurrentResult[]): MetricFamily {
  const looked = current.filter(({ check, last }) => check.kind !== 'probe' && last !== undefined)
  const samples = [...groupBy(looked, ({ target }) => target)].map(([target, group]) => {
    const latest = group.reduce((a, b) => (b.last!.result.startedAt > a.last!.result.startedAt ? b : a))
    const verdict = latest.last!.verdict
    const down = verdict.state === 'error' && CANNOT_REACH.has(verdict.code)
    return { labels: { target }, value: down ? 0 : 1 }
  })
  const help = 'Whether the check that looked last could connect to the application database.'
  return { name: 'authwatch_database_up', help, type: 'gauge', samples }
}

function probeSuccess(current: readonly CurrentResult[]): MetricFamily {
  const samples = current.flatMap(({ check, target, last }) => {
    const state = last?.verdict.state
    if (check.kind !== 'probe' || (state !== 'pass' && state !== 'fail')) return []
    return [{ labels: { server: target, probe: check.id }, value: state === 'pass' ? 1 : 0 }]
  })
  const help = 'Whether the probe found the server as it should be; absent when it could not look.'
  return { name: 'authwatch_probe_success', help, type: 'gauge', samples }
}
