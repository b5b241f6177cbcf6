import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/commands/catalogue.ts'
import { knownReasons } from '../../src/diagnose/causes/of-probe.ts'
import { alertPlans } from '../../src/diagnose/plans/alert-plans.ts'
import { knownAlerts } from '../../src/diagnose/questions/alert.ts'

const runbook = readFileSync(new URL('../../alerts/README.md', import.meta.url), 'utf8')
const headings = [...runbook.matchAll(/^### (Authwatch\w+)$/gm)].map(([, heading]) => heading!)

test('every section of an alert names the command that looks at its causes', () => {
  const sections = runbook.split(/^### /m).filter((section) => section.startsWith('Authwatch'))
  const without = sections.filter((section) => {
    const [name] = section.split('\n')
    return !section.includes(`\`npx authwatch diagnose alert ${name}`)
  })
  expect(sections.length).toBeGreaterThan(80)
  expect(without).toEqual([])
})

test('every alert of the runbook can be diagnosed, and no plan is for an alert that there is not', () => {
  const known = knownAlerts(catalogue)
  expect(headings.filter((name) => !known.includes(name))).toEqual([])
  expect(Object.keys(alertPlans).filter((name) => !headings.includes(name))).toEqual([])
})

test('plans name checks that there are', () => {
  const ids = new Set<string>(catalogue.map(({ id }) => id))
  const named = Object.values(alertPlans).flatMap((plan) =>
    plan.flatMap((each) => ('check' in each ? [each.check] : [])),
  )
  expect(named.filter((id) => !ids.has(id))).toEqual([])
})

test('the cause behind every reason of every probe is told', () => {
  const untold = catalogue.flatMap((check) =>
    check.kind === 'probe'
      ? check.reasons
          .filter((reason) => !knownReasons(check.id).includes(reason))
          .map((reason) => `${check.id} ${reason}`)
      : [],
  )
  expect(untold).toEqual([])
})

test('sections that diagnoses link to are there', () => {
  const all = new Set([...runbook.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading]) => heading!))
  const source = new URL('../../src/diagnose/', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const linked = files.flatMap((file) => {
    const text = readFileSync(new URL(file, source), 'utf8')
    return [...text.matchAll(/(?:runbook: |runbook = |RUNBOOK = )'([^']+)'/gi)].map(([, heading]) => heading!)
  })
  expect(linked.length).toBeGreaterThan(20)
  expect(linked.filter((heading) => !all.has(heading))).toEqual([])
})
