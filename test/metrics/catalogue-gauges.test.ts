import { expect, test } from 'vitest'
import { gauge } from '../../src/catalogue/check.ts'
import { family } from '../../src/catalogue/family.ts'
import { groupBy } from '../../src/catalogue/group-by.ts'
import { checks } from '../../src/checks/index.ts'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import { labelKey } from '../../src/metrics/metric-family.ts'
import { gaugeProblems } from '../../src/metrics/subject-gauges.ts'

const things = family({ name: 'things', help: 'Things.', labels: { state: ['good', 'bad'] } })
const gauges = checks.flatMap((check) => ('gauges' in check ? Object.values(check.gauges ?? {}) : []))

test('a gauge within its family has no problem, and one outside it is named', () => {
  const good = gauge(things, { state: 'good' })
  expect(gaugeProblems(good)).toEqual([])
  expect(gaugeProblems({ ...good, labels: { state: 'ugly' } })).toEqual([
    'things: state="ugly" is not in the family\'s list',
  ])
  expect(gaugeProblems({ ...good, labels: {} })).toEqual(['things: no value for state'])
})

test('every gauge of every check keeps to its family', () => {
  expect(gauges.length).toBeGreaterThan(0)
  expect(gauges.flatMap(gaugeProblems)).toEqual([])
})

test('no two gauges are the same series', () => {
  const series = gauges.map(({ family, labels }) => family.name + labelKey(labels))
  expect(series).toEqual([...new Set(series)])
})

test('one name is one family, and none of those that every check has', () => {
  for (const [, same] of groupBy(gauges, ({ family }) => family.name)) {
    expect(new Set(same.map(({ family }) => family)).size).toBe(1)
  }
  const common = checkMetrics({ checks: [], targetsOf: () => [], results: [], now: 0 }).map(
    ({ name }) => name,
  )
  expect(
    gauges.map(({ family }) => `authwatch_${family.name}`).filter((name) => common.includes(name)),
  ).toEqual([])
})
