import { type Check, conditionsOf } from '../catalogue/check.ts'
import type { Condition } from '../catalogue/condition.ts'
import { type Duration, seconds } from '../catalogue/duration.ts'
import { everyWhileUnwell } from '../catalogue/look-again.ts'
import { alertName } from '../catalogue/naming.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import { keepFiringFor } from './keep-firing.ts'
import { gaugeOf, toPromQL } from './promql.ts'
import type { AlertRule } from './rule.ts'

/** One alert for each condition of each check, in the catalogue's order. */
export function checkRules(checks: readonly Check[]): readonly AlertRule[] {
  return checks.flatMap((check) => conditionsOf(check).map((condition) => toRule(condition, check, checks)))
}

function toRule(condition: Condition, check: Check, checks: readonly Check[]): AlertRule {
  const { severity, summary } = condition
  const common = {
    alert: alertName(check.id),
    expr: toPromQL(condition, check),
    for: condition.for,
    severity,
    team: 'sre',
    check: check.id,
    summary,
  } as const
  return check.kind === 'probe'
    ? {
        ...common,
        keepFiringFor: keepFiringFor(check, checks),
        view: 'outside',
        description: describeProbe(condition, check),
        dashboard: `authwatch-probes?var-job={{ $labels.job }}&var-probe=${check.id}&var-server={{ $labels.target }}`,
      }
    : {
        ...common,
        view: 'inside',
        description: `Database {{ $labels.target }}: ${measured(condition, check)}. \`authwatch check ${check.id}\` shows which rows.`,
        dashboard: `authwatch-checks?var-job={{ $labels.job }}&var-check=${check.id}&var-target={{ $labels.target }}`,
      }
}

/** Names what the alert's value is: the number that the first clause compares. */
function measured(condition: Condition, check: Check): string {
  const [{ metric }] = condition.when
  if (metric === 'offenders') return '{{ $value | humanize }} found'
  const { family, labels } = gaugeOf(metric, check)
  const which = Object.values(labels).map((value) => ` ${value}`)
  return `${family.name}${which.join('')} is {{ $value | ${format(family.name)} }}`
}

function format(family: string): string {
  if (family.endsWith('_seconds')) return 'humanizeDuration'
  return family.endsWith('_ratio') ? 'humanizePercentage' : 'humanize'
}

function describeProbe(condition: Condition, check: ProbeCheck): string {
  const [{ metric }] = condition.when
  const about = check.scope === 'server' ? 'Server {{ $labels.target }}' : 'All servers together'
  const again = check.scope === 'server' ? ' {{ $labels.target }}' : ''
  const value = metric === 'offenders' ? '' : ` ${measured(condition, check)}.`
  return `${about}:${value} Failed steps and why: ${failedSteps(check)}. \`authwatch probe${again}\` looks again.`
}

/**
 * A template that lists `step: reason` of the probe's lately failed steps. A failure that is the first of its kind has
 * no earlier sample to be an increase over, so it shows as a series that was not there before.
 */
function failedSteps(check: Pick<ProbeCheck, 'id' | 'every'>): string {
  const range = lately(check.every)
  const series = `authwatch_probe_failures_total{job='%[1]s',probe='${check.id}',server='%[2]s'}`
  const query = `sum by (step, reason) (increase(${series}[${range}]) > 0 or (${series} unless ${series} offset ${range}))`
  const failures = `printf "${query}" $labels.job $labels.target | query | sortByLabel "reason" | sortByLabel "step"`
  const each = '{{ if $place }}, {{ end }}{{ $failure.Labels.step }}: {{ $failure.Labels.reason }}'
  return `{{ range $place, $failure := ${failures} }}${each}{{ else }}none of late{{ end }}`
}

/** Two runs at least, as often as a probe is run while it fails, or it would have no failure to show. */
function lately(every: Duration): string {
  return `${Math.max(15, Math.ceil((2 * seconds(everyWhileUnwell(every))) / 60))}m`
}
