import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Baseline } from './baseline.ts'
import { accounts, signIn, spikes, successes } from './event-recordings.ts'
import type { AlertRule } from './rule.ts'

type Spike = Pick<AlertRule, 'alert' | 'team' | 'summary'> & {
  readonly baseline: Baseline
  /** What is refused, for the description. */
  readonly refused: string
  /** Summary of the alert that stands in until it is known what to expect. */
  readonly unknown: string
}

const SIGN_IN: Spike = {
  alert: 'AuthwatchSignInRejection',
  team: 'security',
  baseline: spikes.signIn.baseline,
  refused: 'sign-ins',
  summary: 'Far more sign-ins are refused than at other times',
  unknown: 'Most sign-ins are refused, and it is not known yet how many are usual',
}

const OTHERS: readonly Spike[] = [
  {
    alert: 'AuthwatchApiKeyRejection',
    team: 'sre',
    baseline: spikes.apiKey.baseline,
    refused: 'API keys',
    summary: 'Far more API keys are refused than at other times',
    unknown: 'Many API keys are refused, and it is not known yet how many are usual',
  },
  {
    alert: 'AuthwatchExtensionTokenRejection',
    team: 'sre',
    baseline: spikes.extensionToken.baseline,
    refused: 'extension tokens',
    summary: 'Far more extension tokens are refused than at other times',
    unknown: 'Many extension tokens are refused, and it is not known yet how many are usual',
  },
]

/** Share of all sign-ins. */
const MOST = 0.5

const DASHBOARD = 'authwatch-overview?var-job={{ $labels.job }}'

/** Refusals that jump, and for sign-ins what kind of attack it is. */
export function spikeRules(policy: AlertPolicy): readonly AlertRule[] {
  const mostly = `${SIGN_IN.baseline.series} / (300 * ${signIn.attempts} > 0) > ${MOST}`
  return [
    spikeRule(SIGN_IN, policy),
    ...attackRules(policy),
    withoutBaseline(SIGN_IN, policy, mostly),
    ...OTHERS.flatMap((each) => [spikeRule(each, policy), withoutBaseline(each, policy)]),
  ]
}

/** Three guards, each for another failure: noise, much traffic, and little. */
function outOfProportion({ series, expected, sigma }: Baseline, { spike }: AlertPolicy): string {
  return [
    `${series} - ${expected} > ${spike.sigmas} * ${sigma}`,
    `and ${series} > ${spike.factor} * ${expected}`,
    `and ${series} >= ${spike.floor}`,
  ].join('\n')
}

function spikeRule({ alert, team, baseline, refused, summary }: Spike, policy: AlertPolicy): AlertRule {
  return {
    alert: `${alert}Spike`,
    expr: outOfProportion(baseline, policy),
    for: '2m',
    keepFiringFor: '10m',
    severity: 'warning',
    team,
    view: 'events',
    summary,
    description: `{{ $value | humanize }} more ${refused} than expected were refused by {{ $labels.job }} in 5 minutes.`,
    dashboard: DASHBOARD,
  }
}

/** How many servers are probed; nothing when none is. A baseline learns what probes cause, which is always as much. */
const SERVERS = 'count by (job) (group by (job, server) (authwatch_probe_success{server!="fleet"}))'

/** A new installation is not blind: what would be outrageous anywhere is reported without anything to compare. */
function withoutBaseline(spike: Spike, policy: AlertPolicy, also?: string): AlertRule {
  const { alert, team, refused, unknown } = spike
  const { series, expected } = spike.baseline
  const { floorWithoutBaseline, probedPerServer } = policy.spike
  return {
    alert: `${alert}sWithoutBaseline`,
    expr: [
      `${series} >= ${floorWithoutBaseline}`,
      `unless ${series} < ${floorWithoutBaseline} + ${probedPerServer} * ${SERVERS}`,
      ...(also === undefined ? [] : [`and ${also}`]),
      `unless ${expected}`,
    ].join('\n'),
    for: '5m',
    keepFiringFor: '10m',
    severity: 'warning',
    team,
    view: 'events',
    summary: unknown,
    description: `{{ $value | humanize }} ${refused} were refused by {{ $labels.job }} in 5 minutes.`,
    dashboard: DASHBOARD,
  }
}

/**
 * A spike of refusals beside which as many people as ever get in: else it is a regression that looks like bad
 * passwords. How many accounts are tried tells the two attacks apart.
 */
function attackRules(policy: AlertPolicy): readonly AlertRule[] {
  const { stuffing, bruteForce } = policy.accountsPerRejection
  const { series, expected } = SIGN_IN.baseline
  // Of 5 minutes, as the refusals are: what is expected of 15 would notice a regression too late.
  const others = `unless 900 * ${signIn.accepted} < ${policy.successDrop.below} * ${successes.expected}`
  const tried = `(${accounts.series} - ${accounts.expected})`
  const attack = (comparison: string) =>
    [
      outOfProportion(SIGN_IN.baseline, policy),
      `and ${tried} ${comparison} * (${series} - ${expected})`,
      others,
    ].join('\n')
  const common = {
    for: '2m',
    keepFiringFor: '10m',
    team: 'security',
    view: 'events',
    dashboard: DASHBOARD,
  } as const
  const excess =
    '{{ $value | humanize }} more sign-ins than expected were refused by {{ $labels.job }} in 5 minutes'
  return [
    {
      ...common,
      alert: 'AuthwatchCredentialStuffing',
      expr: attack(`>= ${stuffing}`),
      severity: 'warning',
      summary: 'Somebody tries passwords on many accounts',
      description: `${excess}, spread over many accounts.`,
    },
    {
      ...common,
      alert: 'AuthwatchBruteForce',
      expr: attack(`< ${bruteForce}`),
      severity: 'warning',
      summary: 'Somebody tries many passwords on few accounts',
      description: `${excess}, on few accounts.`,
    },
  ]
}
