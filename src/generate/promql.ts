import type { Check, Gauge } from '../catalogue/check.ts'
import type { Clause, Condition } from '../catalogue/condition.ts'

/**
 * How long the last value stands in for one that is missing: a scrape that failed, a worker that is replaced. Without
 * it each of these would begin the wait of every alert anew.
 */
const BRIDGE = '5m'

/** The worst of what the workers say, which is the same but for the moments in which a result changes. */
const RENDER = { above: { worst: 'max', operator: '>' }, below: { worst: 'min', operator: '<' } } as const

/** The same condition that `holds` judges, as an expression with one series for each `job` and `target`. */
export function toPromQL(condition: Condition, check: Check): string {
  return condition.when.map((clause) => clauseExpr(clause, check)).join('\nand on (job, target)\n')
}

function clauseExpr(clause: Clause, check: Check): string {
  const { worst, operator } = RENDER[clause.is]
  return `${worst} by (job, target) (${latest(clause.metric, check)}) ${operator} ${clause.threshold}`
}

function latest(metric: string, check: Check): string {
  const series = `last_over_time(${seriesOf(metric, check)}[${BRIDGE}])`
  if (metric === 'offenders' || check.kind !== 'probe' || check.scope === 'fleet') return series
  return `label_replace(${series}, "target", "$1", "server", "(.+)")`
}

/** The selector of what a check exports for one of its numbers. */
export function seriesOf(metric: string, check: Check): string {
  if (metric === 'offenders') return `authwatch_check_findings${matchers({ check: check.id })}`
  const { family, labels } = gaugeOf(metric, check)
  return `authwatch_${family.name}${matchers(labels)}`
}

/** @throws {RangeError} the check reports no such number. */
export function gaugeOf(metric: string, check: Check): Gauge {
  const gauge = check.kind === 'inspect' ? undefined : check.gauges?.[metric]
  if (gauge === undefined) throw new RangeError(`${check.id} reports no ${metric}`)
  return gauge
}

/** Equality matchers in braces; nothing when there are none. */
function matchers(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
