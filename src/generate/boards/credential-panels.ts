import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { EVENTS, SERVER_EVENTS, spikes } from '../event-recordings.ts'
import { bandPanel } from './band-panel.ts'
import { outcomeColours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

const OF_SERVER = `${JOB},server=~"$server"`

/** Everything but signing in. */
export function credentialPanels(policy: AlertPolicy): readonly Panel[] {
  return [
    outcomes({ title: 'API keys by outcome', operation: 'verify_api_key', what: 'Look-ups of API keys' }),
    bandPanel({
      policy,
      baseline: spikes.apiKey.baseline,
      title: 'Refused API keys against expected',
      what: 'API keys refused',
      links: [runbook(policy, 'AuthwatchApiKeyRejectionSpike')],
    }),
    outcomes({ title: 'Sessions by outcome', operation: 'get_session', what: 'Look-ups of sessions' }),
    bandPanel({
      policy,
      baseline: spikes.extensionToken.baseline,
      title: 'Refused extension tokens against expected',
      what: 'Extension tokens refused',
      links: [runbook(policy, 'AuthwatchExtensionTokenRejectionSpike')],
    }),
    seriesPanel({
      title: 'What is refused beside sign-ins',
      description:
        'The ten commonest pairs of operation and reason. The runbook has a section for most reasons.',
      unit: 'reqps',
      noValue: 'nothing was refused',
      queries: [
        {
          expr: `topk(10, sum by (operation, reason) (${EVENTS}{${OF_SERVER},operation!~"callback_.+|sign_in_.+",outcome="rejected"}) > 0)`,
          legend: '{{operation}} {{reason}}',
        },
      ],
    }),
    seriesPanel({
      title: 'Sign-up, reset, second factor and callbacks',
      description: 'Ways in beside the password, by how they end. A line that ends is a way that is broken.',
      unit: 'reqps',
      noValue: 'none was asked for',
      queries: [
        {
          expr: `sum by (operation, outcome) (${EVENTS}{${OF_SERVER},operation=~"callback_.+|sign_up|reset_password|two_factor"}) > 0`,
          legend: '{{operation}} {{outcome}}',
        },
      ],
    }),
    seriesPanel({
      title: 'Events by server',
      description:
        'All authentication events a second. A server that stops reporting is broken, or is not asked any more.',
      unit: 'reqps',
      noValue: 'no events reach Prometheus',
      queries: [{ expr: `${SERVER_EVENTS}{${OF_SERVER}}`, legend: '{{server}}' }],
      links: [runbook(policy, 'AuthwatchEventsMissing')],
    }),
    seriesPanel({
      title: 'Events that servers gave up',
      description: 'Counted by a server and never delivered: every other number is too low by them.',
      unit: 'short',
      noValue: 'none',
      queries: [
        {
          expr: `max by (server) (increase(authwatch_auth_events_dropped_total{${OF_SERVER}}[$__rate_interval]))`,
          legend: '{{server}}',
        },
      ],
      links: [runbook(policy, 'AuthwatchEventsDropped')],
    }),
  ]
}

function outcomes({
  title,
  operation,
  what,
}: {
  readonly title: string
  readonly operation: string
  readonly what: string
}): Panel {
  return seriesPanel({
    title,
    description: `${what} a second. Rejected: refused as they should be. Error: a server failed.`,
    unit: 'reqps',
    noValue: 'none was asked for',
    queries: [
      {
        expr: `sum by (outcome) (${EVENTS}{${OF_SERVER},operation="${operation}"})`,
        legend: '{{outcome}}',
      },
    ],
    stacked: 'sum',
    colours: outcomeColours,
  })
}
