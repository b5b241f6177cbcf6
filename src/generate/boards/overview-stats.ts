import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { burns } from '../burn-rate.ts'
import { signIn, spikes } from '../event-recordings.ts'
import { probeObjective } from '../probe-objective.ts'
import { boardUrl } from './board.ts'
import { burnSteps } from './burn-steps.ts'
import { colours } from './palette.ts'
import { runbook } from './runbook.ts'
import { FIRING, JOB, orZero } from './selectors.ts'
import { statPanel } from './stat-panel.ts'

/** Six numbers that say whether anything below them needs to be read. */
export function overviewStats(policy: AlertPolicy): readonly Panel[] {
  return [
    ...objectiveStats(policy),
    statPanel({
      title: 'Refusals against expected',
      description:
        'By how many standard deviations more sign-ins are refused than expected. Red where an alert would fire, if there are enough of them.',
      unit: 'short',
      decimals: 1,
      noValue: 'learning',
      queries: [{ expr: `max(${deviation})`, instant: true }],
      steps: [
        { colour: colours.good },
        { from: policy.spike.sigmas / 2, colour: colours.warning },
        { from: policy.spike.sigmas, colour: colours.bad },
      ],
      links: [runbook(policy, 'AuthwatchSignInRejectionSpike')],
    }),
    statPanel({
      title: 'Servers to sign in to',
      description: 'Share of the servers on which the sign-in probes succeed now.',
      unit: 'percentunit',
      decimals: 0,
      noValue: 'not probed',
      queries: [{ expr: `avg(${probeObjective.available}{${JOB},target=~"$server"})`, instant: true }],
      steps: [{ colour: colours.bad }, { from: 1, colour: colours.good }],
      links: [{ title: 'Probes', url: boardUrl('authwatch-probes') }],
    }),
    statPanel({
      title: 'Firing alerts',
      description: "Alerts that fire now, without the dead man's switch. The table below names them.",
      unit: 'none',
      noValue: '0',
      queries: [{ expr: orZero(`count(${FIRING})`), instant: true }],
      steps: [{ colour: colours.good }, { from: 1, colour: colours.bad }],
      links: [{ title: 'Checks', url: boardUrl('authwatch-checks') }],
    }),
  ]
}

const { series, expected, sigma } = spikes.signIn.baseline
const deviation = `(${series}{${JOB}} - ${expected}{${JOB}}) / (${sigma}{${JOB}} > 0)`

function objectiveStats(policy: AlertPolicy): readonly Panel[] {
  const budget = policy.signInErrorBudget
  const links = [runbook(policy, 'AuthwatchSignInErrorBudgetBurn')]
  return [
    statPanel({
      title: 'Sign-ins without error',
      description:
        'Share of the sign-ins in the chosen time that did not fail by the fault of a server. A wrong password is no fault. Red below the objective.',
      unit: 'percentunit',
      decimals: 2,
      noValue: 'no sign-ins',
      queries: [{ expr: `1 - ${errorShare('$__range')}`, instant: true }],
      steps: [{ colour: colours.bad }, { from: 1 - budget, colour: colours.good }],
      links,
    }),
    statPanel({
      title: 'Error budget left',
      description: 'Of the errors that 30 days may have, the share that is left. Red: none.',
      unit: 'percentunit',
      decimals: 0,
      noValue: 'no sign-ins',
      queries: [{ expr: `1 - ${errorShare('30d')} / ${budget}`, instant: true }],
      steps: [
        { colour: colours.bad },
        { from: 0, colour: colours.warning },
        { from: 0.25, colour: colours.good },
      ],
      links,
    }),
    statPanel({
      title: 'Burn rate',
      description: `How many times as fast as the budget allows errors came in the last hour. It calls somebody from ${burns.critical[0].rate} on.`,
      unit: 'short',
      decimals: 1,
      noValue: 'no sign-ins',
      queries: [{ expr: `max(${signIn.errorRatio('1h')}{${JOB}}) / ${budget}`, instant: true }],
      steps: burnSteps,
      links,
    }),
  ]
}

function errorShare(range: string): string {
  const average = (recording: string) => `sum(avg_over_time(${recording}{${JOB}}[${range}]))`
  return `${average(signIn.errors)} / (${average(signIn.attempts)} > 0)`
}
