import { type Check, conditionsOf } from '../../src/catalogue/check.ts'
import { type Clause, holds, type Values } from '../../src/catalogue/condition.ts'
import { seconds } from '../../src/catalogue/duration.ts'
import { alertName } from '../../src/catalogue/naming.ts'
import { seriesOf } from '../../src/generate/promql.ts'
import type { RuleCase } from './rule-cases.ts'

const JOB = 'authwatch'

/** Past the threshold by the least that counts, on the side that is bad. */
export function beyond({ metric, is, threshold }: Clause): number {
  const whole = metric === 'offenders' || (Number.isInteger(threshold) && Math.abs(threshold) < 1000)
  const step = whole ? 1 : Math.max(Math.abs(threshold), 1) * 1e-6
  return is === 'above' ? threshold + step : threshold - step
}

/** What a check's numbers look like to Prometheus, on one target. */
export function inputSeries(check: Check, target: string, values: Values): RuleCase['input_series'] {
  return Object.entries(values).flatMap(([metric, value]) => {
    if (value === null) return []
    const isGauge = metric !== 'offenders' && check.kind === 'probe'
    const place = isGauge && check.scope === 'server' ? { server: target } : { target }
    const labels = Object.entries({ job: JOB, instance: 'a', ...place }).map(
      ([name, each]) => `${name}="${each}"`,
    )
    const [name, own = ''] = seriesOf(metric, check).replace('}', '').split('{')
    const all = [...(own === '' ? [] : [own]), ...labels].join(',')
    return [{ series: `${name}{${all}}`, values: `${value}x100` }]
  })
}

interface Situation {
  readonly check: Check
  readonly target: string
  readonly values: Values
}

/** All clauses of a condition just past their thresholds; and again, each in turn exactly at its threshold. */
function situationsOf(check: Check): readonly Situation[] {
  return conditionsOf(check).flatMap(({ severity, when }) => {
    const past = Object.fromEntries(when.map((clause) => [clause.metric, beyond(clause)]))
    const met = when.map(({ metric, threshold }) => ({
      target: `${severity}-at-${metric}`,
      values: { ...past, [metric]: threshold },
    }))
    return [{ target: `${severity}-past`, values: past }, ...met].map((each) => ({ check, ...each }))
  })
}

/**
 * Every situation of every check, each on a target of its own, asked a minute before and after each wait there is.
 * What must fire is what `holds` says of the same numbers. In one case, because promtool's time goes by cases.
 */
export function conditionCase(checks: readonly Check[]): RuleCase {
  const situations = checks.flatMap(situationsOf)
  const waits = new Set(checks.flatMap((check) => conditionsOf(check).map((each) => seconds(each.for) / 60)))
  const minutes = [...waits].toSorted((a, b) => a - b).flatMap((wait) => [wait - 1, wait + 1])
  return {
    name: 'conditions',
    interval: '1m',
    input_series: situations.flatMap(({ check, target, values }) => inputSeries(check, target, values)),
    expect: minutes.map((minute) => ({
      at: `${minute}m`,
      firing: situations.flatMap((situation) => firingAt(situation, minute)),
    })),
  }
}

function firingAt({ check, target, values }: Situation, minute: number) {
  return conditionsOf(check)
    .filter((condition) => holds(condition, values) && seconds(condition.for) / 60 <= minute)
    .map(({ severity, when: [first] }) => ({
      alert: alertName(check.id),
      severity,
      labels: { job: JOB, target },
      value: values[first.metric] ?? Number.NaN,
    }))
}
