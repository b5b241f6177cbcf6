import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Check } from '../../catalogue/check.ts'
import type { CheckId } from '../../catalogue/naming.ts'
import { probeObjective } from '../probe-objective.ts'
import { alertSteps } from './alert-steps.ts'
import { boardUrl } from './board.ts'
import { burnSteps } from './burn-steps.ts'
import { colours } from './palette.ts'
import type { Step } from './panel.ts'
import { runbook } from './runbook.ts'
import { JOB, orZero } from './selectors.ts'
import { statPanel } from './stat-panel.ts'

const OF_SERVER = `${JOB},target=~"$server"`
const PROBED = `${JOB},server=~"$server",probe=~"$probe"`

/** Whether the servers can be used, and what is about to end that. */
export function probeStats(checks: readonly Check[], policy: AlertPolicy): readonly Panel[] {
  const budget = policy.probeErrorBudget
  const failing = `max by (job, server, probe) (authwatch_probe_success{${PROBED}}) == 0`
  return [
    statPanel({
      title: 'Failing probes',
      description: 'Probes that found a server not as it should be. What could not look is not among them.',
      unit: 'none',
      noValue: '0',
      queries: [{ expr: orZero(`count(${failing})`), instant: true }],
      steps: [{ colour: colours.good }, { from: 1, colour: colours.bad }],
      links: [{ title: 'Checks', url: boardUrl('authwatch-checks') }],
    }),
    statPanel({
      title: 'Signing in was possible',
      description:
        'Share of the last 24 hours in which the worst server could be signed in to. Red below the objective.',
      unit: 'percentunit',
      decimals: 2,
      noValue: 'not probed',
      queries: [
        { expr: `min(avg_over_time(${probeObjective.available}{${OF_SERVER}}[24h]))`, instant: true },
      ],
      steps: [{ colour: colours.bad }, { from: 1 - budget, colour: colours.good }],
      links: [runbook(policy, 'AuthwatchProbeErrorBudgetBurn')],
    }),
    statPanel({
      title: 'Burn rate of the worst server',
      description: 'How many times as fast as the budget allows its sign-in probes failed in the last hour.',
      unit: 'short',
      decimals: 1,
      noValue: 'not probed',
      queries: [{ expr: `max(${probeObjective.failures('1h')}{${OF_SERVER}}) / ${budget}`, instant: true }],
      steps: burnSteps,
      links: [runbook(policy, 'AuthwatchProbeErrorBudgetBurn')],
    }),
    statPanel({
      title: 'Secrets that differ',
      description: 'Secrets that not all servers hold alike, as they attest.',
      unit: 'none',
      noValue: 'not attested',
      queries: [{ expr: `max(authwatch_secrets_differing{${JOB}})`, instant: true }],
      steps: [{ colour: colours.good }, { from: 1, colour: colours.bad }],
      links: [runbook(policy, 'AuthwatchAttestationSecretMismatch')],
    }),
    ...endings(checks, policy),
  ]
}

function endings(checks: readonly Check[], policy: AlertPolicy): readonly Panel[] {
  return [
    statPanel({
      title: 'First certificate to expire',
      description: 'Time until the TLS certificate of some server expires.',
      unit: 's',
      decimals: 0,
      noValue: 'no TLS',
      queries: [
        {
          expr: `min(authwatch_server_certificate_remaining_seconds{${JOB},server=~"$server"})`,
          instant: true,
        },
      ],
      steps: stepsOf('tls.expiring', 'remaining', checks),
      links: [runbook(policy, 'AuthwatchTlsExpiring')],
    }),
    statPanel({
      title: 'Canary session',
      description: 'Time until the long-lived session expires that shows whether sessions live on.',
      unit: 's',
      decimals: 0,
      noValue: 'none is configured',
      queries: [
        { expr: `min(authwatch_canary_session_expires_in_seconds{${JOB},server=~"$server"})`, instant: true },
      ],
      steps: stepsOf('canary_session.ended', 'secondsLeft', checks),
      links: [runbook(policy, 'AuthwatchCanarySessionEnded')],
    }),
  ]
}

/** The lines of the check's own alerts; none where the deployment has switched the check off. */
function stepsOf(id: CheckId, metric: string, checks: readonly Check[]): readonly Step[] {
  const check = checks.find((each) => each.id === id)
  return (check === undefined ? undefined : alertSteps(metric, check).steps) ?? [{ colour: colours.absent }]
}
