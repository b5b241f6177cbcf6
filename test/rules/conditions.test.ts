import { describe, expect, test } from 'vitest'
import { type Check, conditionsOf } from '../../src/catalogue/check.ts'
import { type Condition, holds, type Values } from '../../src/catalogue/condition.ts'
import { alertName } from '../../src/catalogue/naming.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { toPromQL } from '../../src/generate/promql.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { beyond, conditionCase, inputSeries } from './condition-cases.ts'
import { complaints, type RuleCase } from './rule-cases.ts'

const missing = 'skip' in (await binaryOrSkip('promtool'))
const files = filesOf(catalogue)
const alerting = catalogue.filter((check) => conditionsOf(check).length > 0)
const within = alerting.filter(({ kind }) => kind !== 'probe')
const without = alerting.filter(({ kind }) => kind === 'probe')

describe.skipIf(missing).each([
  ['checks', within],
  ['probes', without],
] as const)('alerts of %s', (rules, checks) => {
  test('fire just past every threshold after their wait, and neither at a threshold nor earlier', async () => {
    const tests = [conditionCase(checks)]
    const fired = new Set(
      tests.flatMap((each) => each.expect.flatMap(({ firing }) => firing.map(({ alert }) => alert))),
    )
    expect([...fired].toSorted()).toEqual(checks.map(({ id }) => alertName(id)).toSorted())
    expect(await complaints({ rules: [rules], evaluation_interval: '1m', tests }, files)).toBe('')
  }, 60_000)
})

/** Every way in which each clause can be missed, met, passed or not measured. */
function combinations({ when }: Condition): readonly Values[] {
  const [first, ...others] = when.map((clause) =>
    [null, clause.threshold, beyond(clause), 2 * clause.threshold - beyond(clause)].map((value) => ({
      [clause.metric]: value,
    })),
  )
  return others.reduce<readonly Values[]>(
    (all, next) => all.flatMap((some) => next.map((one) => ({ ...some, ...one }))),
    first ?? [],
  )
}

function verdictCase(check: Check, condition: Condition): RuleCase {
  const combined = combinations(condition).map((values, place) => ({ values, target: `t${place}` }))
  const holding = combined.filter(({ values }) => holds(condition, values))
  const [{ metric }] = condition.when
  return {
    name: `${check.id} ${condition.severity}`,
    interval: '1m',
    input_series: combined.flatMap(({ values, target }) => inputSeries(check, target, values)),
    expect: [],
    promql_expr_test: [
      {
        expr: toPromQL(condition, check),
        eval_time: '5m',
        exp_samples: holding.map(({ values, target }) => ({
          labels: `{job="authwatch", target="${target}"}`,
          value: values[metric],
        })),
      },
    ],
  }
}

test.skipIf(missing)(
  'the command line and Prometheus come to the same verdict on the same numbers',
  async () => {
    const cases = alerting.flatMap((check) => conditionsOf(check).map((each) => verdictCase(check, each)))
    const verdicts = cases.flatMap(({ input_series }) => input_series)
    expect(verdicts.length).toBeGreaterThan(3 * cases.length)
    expect(await complaints({ rules: [], evaluation_interval: '1m', tests: cases }, files)).toBe('')
  },
  60_000,
)
