import type { Check } from '../catalogue/check.ts'
import { type Inhibition, inhibitions } from './inhibitions.ts'
import { yamlFile } from './yaml-file.ts'

const NOTES = [
  'Generated from the catalogue by `npm run generate`; do not edit: copy it, and give each receiver its own way of',
  'reaching people. The addresses below are placeholders, nothing listens there.',
  "The dead man's switch must be watched by something outside this machine, which calls when it stops hearing.",
]

/** By what they are for. The port is nobody's: what is not configured must fail loudly, not vanish. */
const RECEIVERS = ['page', 'security', 'ticket', 'dead-man'] as const

/** Text of `alertmanager.yml`: routes by severity and team, and inhibitions so that one cause is one page. */
export function renderAlertmanager(checks: readonly Check[]): string {
  return yamlFile(NOTES, {
    route,
    inhibit_rules: [...sameAlert, ...inhibitions(checks).map(toRule)],
    receivers: RECEIVERS.map((name) => ({
      name,
      webhook_configs: [{ url: `http://127.0.0.1:9095/${name}`, send_resolved: name !== 'dead-man' }],
    })),
  })
}

/** Pages are grouped by deployment alone, so that what has one cause is one page whatever the rules below miss. */
const route = {
  receiver: 'ticket',
  group_by: ['job', 'alertname'],
  group_wait: '30s',
  group_interval: '5m',
  repeat_interval: '12h',
  routes: [
    {
      matchers: ['alertname="AuthwatchWatchdog"'],
      receiver: 'dead-man',
      group_by: ['alertname'],
      group_wait: '0s',
      group_interval: '1m',
      repeat_interval: '5m',
    },
    {
      matchers: ['severity="critical"'],
      receiver: 'page',
      group_by: ['job'],
      repeat_interval: '4h',
      // A critical alert of the security team's is theirs as well.
      continue: true,
    },
    { matchers: ['team="security"'], receiver: 'security', repeat_interval: '4h' },
    { matchers: ['severity=~"warning|info"'], receiver: 'ticket' },
  ],
} as const

/** The graver condition of one check says all that the milder one does. */
const sameAlert = [
  { graver: 'critical', milder: ['warning', 'info'], view: ['inside', 'outside'], equal: ['job', 'target'] },
  { graver: 'warning', milder: ['info'], view: ['inside', 'outside'], equal: ['job', 'target'] },
  { graver: 'critical', milder: ['warning'], view: ['events'], equal: ['job'] },
].map(({ graver, milder, view, equal }) => ({
  source_matchers: [matcher('severity', [graver]), matcher('view', view)],
  target_matchers: [matcher('severity', milder), matcher('view', view)],
  equal: ['alertname', ...equal],
}))

function toRule({ cause, severity, effects, check, equal }: Inhibition): unknown {
  const graveness = severity === undefined ? [] : [matcher('severity', [severity])]
  const about = check === undefined ? [] : [matcher('check', [check])]
  return {
    source_matchers: [matcher('alertname', cause), ...graveness],
    target_matchers: [matcher('alertname', effects), ...about],
    equal,
  }
}

function matcher(label: string, values: readonly string[]): string {
  return values.length === 1 ? `${label}="${values[0]}"` : `${label}=~"${values.join('|')}"`
}
