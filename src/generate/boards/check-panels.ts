import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { type Check, conditionsOf, type Gauge } from '../../catalogue/check.ts'
import { groupBy } from '../../catalogue/group-by.ts'
import { gaugeOf } from '../promql.ts'
import { alertSteps } from './alert-steps.ts'
import { runbookOfCheck } from './runbook.ts'
import { JOB } from './selectors.ts'
import { type SeriesSpec, seriesPanel } from './series-panel.ts'

/** The course of every number that a check judges, with the lines that its alerts have, and of what else it counts. */
export function checkPanels(check: Check, policy: AlertPolicy): readonly Panel[] {
  const compared = conditionsOf(check).flatMap(({ when }) => when.map(({ metric }) => metric))
  const judged = [...new Set(compared)]
  const gauges = check.kind === 'inspect' ? [] : Object.entries(check.gauges ?? {})
  const counted = gauges.filter(([metric]) => !judged.includes(metric)).map(([, gauge]) => gauge)
  const shown = [
    ...judged.map((metric) => (metric === 'offenders' ? offenders(check) : one(metric, check))),
    ...[...groupBy(counted, ({ family }) => family.name).values()].map((group) => several(group, check)),
  ]
  return (shown.length > 0 ? shown : [offenders(check)]).map((each) => toPanel(each, check, policy))
}

type Shown = Pick<SeriesSpec, 'title' | 'unit' | 'queries' | 'steps'> & { readonly what: string }

function toPanel({ what, steps, ...shown }: Shown, check: Check, policy: AlertPolicy): Panel {
  return seriesPanel({
    ...shown,
    ...(steps === undefined ? {} : { steps }),
    description: `${check.title}. ${what} \`authwatch check ${check.id}\` looks again.`,
    noValue: 'could not look, or has not looked yet',
    width: 8,
    height: 7,
    links: [runbookOfCheck(policy, check.id)],
  })
}

function offenders(check: Check): Shown {
  const expr = `max by (target) (authwatch_check_findings{${JOB},check="${check.id}",target=~"${chosen(check)}"})`
  return {
    title: check.id,
    what: 'How many were found.',
    unit: 'short',
    queries: [{ expr, legend: '{{target}}' }],
    ...alertSteps('offenders', check),
  }
}

function one(metric: string, check: Check): Shown {
  const { family, labels } = gaugeOf(metric, check)
  const own = Object.entries(labels)
  const matchers = own.map(([name, value]) => `,${name}="${value}"`).join('')
  return {
    title: [`${check.id}:`, family.name, ...own.map(([, value]) => value)].join(' '),
    what: family.help,
    unit: unitOf(family.name),
    queries: [{ expr: gaugeExpr(family.name, check, [], matchers), legend: `{{${place(check)}}}` }],
    ...alertSteps(metric, check),
  }
}

function several(group: readonly Gauge[], check: Check): Shown {
  const { family } = group[0]!
  const labels = Object.keys(family.labels)
  return {
    title: `${check.id}: ${family.name}`,
    what: family.help,
    unit: unitOf(family.name),
    queries: [
      {
        expr: gaugeExpr(family.name, check, labels),
        legend: [place(check), ...labels].map((label) => `{{${label}}}`).join(' '),
      },
    ],
  }
}

function gaugeExpr(family: string, check: Check, labels: readonly string[], matchers = ''): string {
  const by = [place(check), ...labels].join(', ')
  return `max by (${by}) (authwatch_${family}{${JOB},${place(check)}=~"${chosen(check)}"${matchers}})`
}

/** The label that says where a gauge was measured. */
function place(check: Check): string {
  return check.kind === 'probe' && check.scope === 'server' ? 'server' : 'target'
}

/** What a reader narrows it down by: databases on one board, servers on the other. */
function chosen(check: Check): string {
  return check.kind === 'probe' ? '$server' : '$target'
}

function unitOf(family: string): string {
  if (family.endsWith('_ratio')) return 'percentunit'
  return family.endsWith('_seconds') ? 's' : 'short'
}
