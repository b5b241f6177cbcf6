import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { burns } from '../burn-rate.ts'
import { EVENTS, SIGN_IN, signIn } from '../event-recordings.ts'
import { colours, outcomeColours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

const OF_SERVER = `${JOB},server=~"$server"`

/** How sign-ins end. */
export function signInPanels(policy: AlertPolicy): readonly Panel[] {
  const byOutcome = { expr: `sum by (outcome) (${EVENTS}{${OF_SERVER},${SIGN_IN}})`, legend: '{{outcome}}' }
  return [
    seriesPanel({
      title: 'Sign-ins by outcome',
      description:
        'Sign-ins a second. Rejected: refused as they should be. Error: a server failed. Being sent on to a provider is no sign-in yet.',
      unit: 'reqps',
      noValue: 'no sign-ins were counted',
      queries: [byOutcome],
      stacked: 'sum',
      colours: outcomeColours,
      links: [runbook(policy, 'AuthwatchSignInErrorBudgetBurn')],
    }),
    seriesPanel({
      title: 'Sign-ins by outcome, in parts',
      description: 'The same as parts of the whole: a regression shows here although little is going on.',
      unit: 'percentunit',
      noValue: 'no sign-ins were counted',
      queries: [byOutcome],
      stacked: 'percent',
      colours: outcomeColours,
    }),
    successes(policy),
    errors(policy),
    seriesPanel({
      title: 'Refused sign-ins by reason',
      description:
        'The ten commonest reasons. Wrong passwords that rise while successes fall are a regression rather than an attack.',
      unit: 'reqps',
      noValue: 'none was refused',
      queries: [
        {
          expr: `topk(10, sum by (reason) (${EVENTS}{${OF_SERVER},${SIGN_IN},outcome="rejected"}) > 0)`,
          legend: '{{reason}}',
        },
      ],
      links: [runbook(policy, 'AuthwatchSignInRejectionSpike')],
    }),
    seriesPanel({
      title: 'Errors by operation and server',
      description: 'What failed by the fault of which server, whatever was asked for: the ten commonest.',
      unit: 'reqps',
      noValue: 'nothing failed',
      queries: [
        {
          expr: `topk(10, sum by (operation, server) (${EVENTS}{${OF_SERVER},outcome="error"}) > 0)`,
          legend: '{{operation}} {{server}}',
        },
      ],
      links: [runbook(policy, 'AuthwatchSignInErrorBudgetBurn')],
    }),
  ]
}

function successes(policy: AlertPolicy): Panel {
  const { successDrop } = policy
  const lastWeek = `avg_over_time(${signIn.successes}{${JOB}}[1h] offset 6d23h30m)`
  return seriesPanel({
    title: 'People who got in, and a week ago',
    description: `Successful sign-ins in 15 minutes beside this hour last week. Below the lowest line (${successDrop.below} of last week's) too many are missing.`,
    unit: 'short',
    noValue: 'no sign-ins were counted',
    queries: [
      { expr: `sum(${signIn.successes}{${JOB}})`, legend: 'now' },
      { expr: `sum(${lastWeek})`, legend: 'last week' },
      { expr: `${successDrop.below} * sum(${lastWeek} >= ${successDrop.floor})`, legend: 'too few' },
    ],
    colours: { now: colours.good, 'last week': colours.absent, 'too few': colours.bad },
    compared: ['last week', 'too few'],
    links: [runbook(policy, 'AuthwatchSignInSuccessDrop')],
  })
}

function errors(policy: AlertPolicy): Panel {
  const { signInErrorBudget: budget } = policy
  const over = (window: string) => ({
    expr: `${signIn.errorRatio(window)}{${JOB}}`,
    legend: `{{job}} ${window}`,
  })
  const limit = (severity: 'critical' | 'warning') => burns[severity][1].rate * budget
  return seriesPanel({
    title: 'Share of sign-ins that fail by an error',
    description:
      'Over an hour and over a day. Above the red line for long the budget of 30 days is gone within days, above the orange one it will not last.',
    unit: 'percentunit',
    noValue: 'no sign-ins were counted',
    queries: [over('1h'), over('1d')],
    steps: [
      { colour: colours.good },
      { from: limit('warning'), colour: colours.warning },
      { from: limit('critical'), colour: colours.bad },
    ],
    links: [runbook(policy, 'AuthwatchSignInErrorBudgetBurn')],
  })
}
