import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { accounts, signIn, spikes } from '../event-recordings.ts'
import { bandPanel } from './band-panel.ts'
import { colours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

/** Refusals out of proportion, and what tells one attack from another. */
export function attackPanels(policy: AlertPolicy): readonly Panel[] {
  return [
    bandPanel({
      policy,
      baseline: spikes.signIn.baseline,
      title: 'Refused sign-ins against expected',
      what: 'Sign-ins refused',
      links: [runbook(policy, 'AuthwatchSignInRejectionSpike')],
    }),
    seriesPanel({
      title: 'Accounts and addresses',
      description:
        'Distinct accounts tried and addresses they are tried from, in 5 minutes. Many accounts from few addresses: somebody tries stolen passwords.',
      unit: 'short',
      noValue: 'events do not reach the workers',
      queries: [
        { expr: `sum(max by (job) (authwatch_auth_distinct_accounts{${JOB}}))`, legend: 'accounts' },
        { expr: `sum(max by (job) (authwatch_auth_distinct_sources{${JOB}}))`, legend: 'addresses' },
        { expr: `sum(${accounts.expected}{${JOB}})`, legend: 'accounts expected' },
      ],
      colours: {
        accounts: colours.notice,
        addresses: colours.unknown,
        'accounts expected': colours.absent,
      },
      compared: ['accounts expected'],
      links: [runbook(policy, 'AuthwatchCredentialStuffing')],
    }),
    shape(policy),
    rateLimited(policy),
  ]
}

function shape(policy: AlertPolicy): Panel {
  const { stuffing, bruteForce } = policy.accountsPerRejection
  const { series, expected } = spikes.signIn.baseline
  const more = (name: string, usual: string) => `(${name}{${JOB}} - ${usual}{${JOB}})`
  return seriesPanel({
    title: 'Accounts tried for each refusal',
    description: `Of what is more than expected. From ${stuffing} on it is many accounts tried once or twice (credential stuffing), below ${bruteForce} few accounts tried often (brute force). Says nothing while there is no spike.`,
    unit: 'short',
    noValue: 'no more is refused than expected',
    queries: [
      {
        expr: `${more(accounts.series, accounts.expected)}\n/ (${more(series, expected)} > 0)`,
        legend: '{{job}}',
      },
    ],
    steps: [
      { colour: colours.warning },
      { from: bruteForce, colour: colours.absent },
      { from: stuffing, colour: colours.bad },
    ],
    links: [runbook(policy, 'AuthwatchCredentialStuffing'), runbook(policy, 'AuthwatchBruteForce')],
  })
}

function rateLimited(policy: AlertPolicy): Panel {
  const { share, floor } = policy.rateLimited
  return seriesPanel({
    title: 'Share of sign-ins that the limiter refuses',
    description: `Above the line, and with ${floor} or more in 5 minutes, an alert fires: either an attack, or one bucket for all clients because no address is known.`,
    unit: 'percentunit',
    noValue: 'no sign-ins were counted',
    queries: [
      {
        expr: `${signIn.rateLimited}{${JOB}} / (300 * ${signIn.attempts}{${JOB}} > 0)`,
        legend: '{{job}}',
      },
    ],
    steps: [{ colour: colours.good }, { from: share, colour: colours.bad }],
    links: [runbook(policy, 'AuthwatchSignInRateLimited')],
  })
}
