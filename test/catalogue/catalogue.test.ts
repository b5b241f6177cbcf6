import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type Check, conditionsOf } from '../../src/catalogue/check.ts'
import { seconds } from '../../src/catalogue/duration.ts'
import type { Family } from '../../src/catalogue/family.ts'
import { alertName, runbookAnchor, sourcePath } from '../../src/catalogue/naming.ts'
import { checks as databaseChecks } from '../../src/checks/index.ts'
import { probes } from '../../src/probes/index.ts'

const checks: readonly Check[] = [...databaseChecks, ...probes]
const runbook = readFileSync(new URL('../../alerts/README.md', import.meta.url), 'utf8')

/** Alerts that no check stands behind are told of by the rules alone. */
const alertsFolder = new URL('../../alerts/', import.meta.url)
const rules = readdirSync(alertsFolder).filter((file) => file.endsWith('.rules.yml'))
const alerts = new Set(
  rules.flatMap((file) =>
    [...readFileSync(new URL(file, alertsFolder), 'utf8').matchAll(/alert: (\w+)/g)].map(([, name]) => name!),
  ),
)

test('one id gives the file, the alert and the runbook heading', () => {
  expect(sourcePath('api_key.no_reference')).toBe('api-key/no-reference.ts')
  expect(alertName('api_key.no_reference')).toBe('AuthwatchApiKeyNoReference')
  expect(runbookAnchor('api_key.no_reference')).toBe('authwatchapikeynoreference')
})

test.each([
  ['checks', databaseChecks],
  ['probes', probes],
] as const)('every file under %s is listed, and everything listed has its file', async (folder, listed) => {
  const entries = await readdir(new URL(`../../src/${folder}/`, import.meta.url), { recursive: true })
  const files = entries.filter((entry) => entry.includes('/') && entry.endsWith('.ts'))
  expect(listed.map(({ id }) => sourcePath(id)).toSorted()).toEqual(files.toSorted())
})

test('no two checks share an id', () => {
  const ids = checks.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(checks.map((check) => [check.id, check] as const))(
  '%s keeps the contract of a check',
  (id, check) => {
    expect(id).toMatch(/^[a-z_]+\.[a-z_]+$/)
    expect(check.title).toMatch(/^[A-Z].*[^.]$/)
    expect(seconds(check.timeout)).toBeLessThanOrEqual(10)
    expect(seconds(check.every)).toBeGreaterThanOrEqual(30)
    if ((check.kind === 'scan' || check.kind === 'query') && check.offenders !== undefined)
      expect(check.show?.[0]).toBe('id')
    if ('none' in check.alerts) expect(check.alerts.none).toMatch(/^[A-Z].{20,}/)
    const gauges = check.kind === 'inspect' ? [] : Object.keys(check.gauges ?? {})
    const numbers = new Set<string>(['offenders', ...gauges])
    for (const { when, summary } of conditionsOf(check)) {
      expect(summary).toMatch(/^([A-Z]|better-auth).*[^.]$/)
      for (const { metric } of when) expect(numbers).toContain(metric)
    }
  },
)

test('a family means one thing wherever it is used, and no two gauges fill one series', () => {
  const families = new Map<string, Family>()
  const series = new Set<string>()
  for (const check of checks) {
    if (check.kind === 'inspect') continue
    for (const { family, labels } of Object.values(check.gauges ?? {})) {
      expect(families.get(family.name) ?? family).toBe(family)
      families.set(family.name, family)
      const key = `${family.name}${JSON.stringify(labels)}`
      expect(series).not.toContain(key)
      series.add(key)
      for (const [label, value] of Object.entries(labels)) expect(family.labels[label]).toContain(value)
      expect(Object.keys(labels).toSorted()).toEqual(Object.keys(family.labels).toSorted())
    }
  }
})

test('every check has its section in the runbook, and no section belongs to nothing', () => {
  const headings = [...runbook.matchAll(/^### (Authwatch\w+)$/gm)].map(([, heading]) => heading!)
  const names = checks.map(({ id }) => alertName(id))
  expect(names.filter((name) => !headings.includes(name))).toEqual([])
  expect(headings.filter((heading) => !names.includes(heading) && !alerts.has(heading))).toEqual([])
  expect(new Set(headings).size).toBe(headings.length)
})
