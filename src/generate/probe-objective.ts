import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import { alertName, type CheckId } from '../catalogue/naming.ts'
import { burnRules, burns, burnWindows } from './burn-rate.ts'
import type { AlertRule, RecordingRule } from './rule.ts'

/** What a user needs of a server to sign in. Each looks at one server, often enough to tell minutes apart. */
const SIGN_IN_PROBES: readonly CheckId[] = [
  'server.not_answering',
  'sign_in.unhealthy',
  'journey.sign_in_broken',
]

export const probeObjective = {
  available: 'job_target:authwatch_probe_available:min',
  failures: (window: string) => `job_target:authwatch_probe_failures_per_probes:ratio_rate${window}`,
} as const

function objectiveProbes(checks: readonly Check[]): readonly CheckId[] {
  return SIGN_IN_PROBES.filter((probe) => checks.some(({ id }) => id === probe))
}

/** Whether each server could be signed in to, and its share of time in which it could not. */
export function probeRecordings(checks: readonly Check[]): readonly RecordingRule[] {
  const probes = objectiveProbes(checks)
  if (probes.length === 0) return []
  const any = probes.map((probe) => probe.replaceAll('.', '[.]')).join('|')
  const series = `authwatch_probe_success{probe=~"${any}"}`
  return [
    {
      record: probeObjective.available,
      expr: `min by (job, target) (label_replace(${series}, "target", "$1", "server", "(.+)"))`,
    },
    ...burnWindows.map((window) => ({
      record: probeObjective.failures(window),
      expr: `1 - avg_over_time(${probeObjective.available}[${window}])`,
    })),
  ]
}

/** The objective that needs no traffic: probes ask at night as often as at noon. */
export function probeObjectiveRules(checks: readonly Check[], policy: AlertPolicy): readonly AlertRule[] {
  const probes = objectiveProbes(checks)
  if (probes.length === 0) return []
  return burnRules({
    ratio: probeObjective.failures,
    budget: policy.probeErrorBudget,
    criticalUnless: pagedLately(probes),
    about: {
      alert: 'AuthwatchProbeErrorBudgetBurn',
      team: 'sre',
      view: 'outside',
      summary: 'A server fails the sign-in probes too much of the time',
      description:
        'Server {{ $labels.target }} failed {{ $value | humanizePercentage }} of the sign-in probes over the longest window that burns.',
      dashboard: 'authwatch-probes?var-job={{ $labels.job }}&var-server={{ $labels.target }}',
    },
  })
}

/** The longer of the windows that page: so long an outage burns on although it is over. */
const PAGED = burns.critical[1].short

/** An outage was paged when it began, and must not page again when it has ended. */
function pagedLately(probes: readonly CheckId[]): string {
  const names = probes.map(alertName).join('|')
  return `on (job, target) last_over_time(ALERTS{alertname=~"${names}",alertstate="firing",severity="critical"}[${PAGED}])`
}
