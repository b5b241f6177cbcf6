import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { conditionsOf } from '../../src/catalogue/check.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { conditionCase } from './condition-cases.ts'
import { alertsOf, type CaseFile, caseFile, groupsOf, rulePath } from './rule-cases.ts'

const files = filesOf(catalogue)
const folder = new URL('./', import.meta.url)
const written = readdirSync(folder)
  .filter((name) => name.endsWith('.test.yml'))
  .map((name) => caseFile.parse(parse(readFileSync(new URL(name, folder), 'utf8'))))
const derived = (['checks', 'probes'] as const).map((rules): CaseFile => {
  const own = catalogue.filter((check) => (check.kind === 'probe') === (rules === 'probes'))
  const alerting = own.filter((check) => conditionsOf(check).length > 0)
  return { rules: [rules], evaluation_interval: '1m', tests: [conditionCase(alerting)] }
})

/** Each moment of each case: what fires then, and what could. */
const moments = [...written, ...derived].flatMap(({ rules, tests }) => {
  const alerts = alertsOf(rules.flatMap((name) => groupsOf(files[rulePath(name)]!)))
  const possible = alerts.map(({ alert, labels }) => `${alert} ${labels.severity}`)
  return tests.flatMap((each) =>
    each.expect.map(({ firing }) => ({
      possible,
      firing: new Set(firing.map(({ alert, severity }) => `${alert} ${severity}`)),
    })),
  )
})
const all = Object.entries(files)
  .filter(([path]) => path.endsWith('.rules.yml'))
  .flatMap(([, text]) => alertsOf(groupsOf(text)).map(({ alert, labels }) => `${alert} ${labels.severity}`))

test('every alert has a case in which it fires', () => {
  expect(all.filter((alert) => !moments.some(({ firing }) => firing.has(alert)))).toEqual([])
})

test('every alert but the one that always fires has a case in which it is silent', () => {
  const silent = (alert: string) =>
    moments.some(({ possible, firing }) => possible.includes(alert) && !firing.has(alert))
  expect(all.filter((alert) => !silent(alert))).toEqual(['AuthwatchWatchdog none'])
})
