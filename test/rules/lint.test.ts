import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { promtool } from '../support/prometheus.ts'
import { parsePromql } from '../support/promql.ts'
import { groupingLabels, selectorsOf } from './promql-selectors.ts'
import { alertsOf, groupsOf, type RenderedAlert } from './rule-cases.ts'

const missing = 'skip' in (await binaryOrSkip('promtool'))
const texts = Object.entries(filesOf(catalogue)).filter(([path]) => path.endsWith('.rules.yml'))
const groups = texts.flatMap(([, text]) => groupsOf(text))
const rules = groups.flatMap((group) => group.rules)
const alerts = alertsOf(groups)
const recordings = rules.flatMap((rule) => ('record' in rule ? [rule] : []))
const WATCHDOG = 'AuthwatchWatchdog'
const DAY = 86_400
const UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY }

function inSeconds(text: string): number {
  return [...text.matchAll(/(\d+)([smhdw])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * UNIT[unit!]!,
    0,
  )
}

/** The rules that break something, by name; none is right. */
function broken(test: (expr: string) => boolean): readonly string[] {
  return rules.filter(({ expr }) => test(expr)).map((rule) => ('alert' in rule ? rule.alert : rule.record))
}

const brokenAlerts = (test: (alert: RenderedAlert) => boolean) =>
  alerts.filter(test).map(({ alert }) => alert)

test.skipIf(missing)(
  'promtool finds nothing to complain about, duplicates and warnings included',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'authwatch-lint-'))
    try {
      const files = texts.map(([path]) => join(directory, path.replace('/', '-')))
      for (const [place, [, text]] of texts.entries()) await writeFile(files[place]!, text)
      const { code, output } = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...files])
      expect(output).not.toContain('FAILED')
      expect(code).toBe(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)

test('names are of one form, and no two alerts share name and severity', () => {
  expect(brokenAlerts(({ alert }) => !/^Authwatch[A-Z][A-Za-z0-9]+$/.test(alert))).toEqual([])
  const names = alerts.map(({ alert, labels }) => `${alert} ${labels.severity}`)
  expect(new Set(names).size).toBe(names.length)
  const levels = /^job(_[a-z]+)*:authwatch_[a-z_]+:[a-z0-9_]+$/
  expect(recordings.filter(({ record }) => !levels.test(record))).toEqual([])
  expect(recordings.filter(({ record }) => record.includes('_total'))).toEqual([])
  expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length)
})

test('labels are from closed lists and hold no value', () => {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    severity: ['critical', 'warning', 'info', 'none'],
    team: ['sre', 'security'],
    view: ['inside', 'outside', 'events', 'self'],
    check: catalogue.map(({ id }) => id),
  }
  const wrong = alerts.flatMap(({ alert, labels }) =>
    Object.entries(labels).flatMap(([name, value]) =>
      allowed[name]?.includes(value) ? [] : [`${alert} ${name}`],
    ),
  )
  expect(wrong).toEqual([])
  expect(
    brokenAlerts(({ labels }) => !('severity' in labels && 'team' in labels && 'view' in labels)),
  ).toEqual([])
  expect(alerts.filter(({ labels }) => labels.severity === 'none').map(({ alert }) => alert)).toEqual([
    WATCHDOG,
  ])
})

test('each alert says what it is, with its values made readable, and links to its runbook and its board', () => {
  for (const { alert, annotations } of alerts) {
    const { summary = '', description = '', runbook_url: runbook, dashboard_url: board = '' } = annotations
    expect(summary).toMatch(/^([A-Z]|better-auth )[^{}]*[^.{}]$/)
    expect(description).toMatch(/^(\{\{|[A-Z]).*\.$/)
    expect(description).not.toMatch(/\$value \}\}/)
    expect(runbook).toBe(`${defaultAlertPolicy.runbookUrl}#${alert.toLowerCase()}`)
    expect(board).toMatch(
      /^\/d\/authwatch-(overview|checks|worker|probes)(\?var-job=\{\{ \$labels\.job \}\}|$)/,
    )
    if (alert !== WATCHDOG) expect(board).toContain('?var-job=')
  }
})

test('each alert has its heading in the runbook', () => {
  const runbook = readFileSync(new URL('../../alerts/README.md', import.meta.url), 'utf8')
  const headings = new Set([...runbook.matchAll(/^### (Authwatch\w+)$/gm)].map(([, heading]) => heading))
  expect(brokenAlerts(({ alert }) => !headings.has(alert))).toEqual([])
})

test('each alert waits, or looks at five minutes or more by itself', () => {
  const looksBack = (expr: string) =>
    [...expr.matchAll(/\[(\w+)\]/g)].some(([, range]) => inSeconds(range!) >= 300)
  expect(
    brokenAlerts((rule) => rule.for === undefined && rule.alert !== WATCHDOG && !looksBack(rule.expr)),
  ).toEqual([])
})

test('each alert compares with something', () => {
  const compares = /[^=!~<>](<|>|<=|>=|==) *\(?-?[\d.]|\babsent\(|^time\(\)[^<>]*> |[<>]=? [\d.]+ \* /
  expect(brokenAlerts(({ alert, expr }) => alert !== WATCHDOG && !compares.test(expr))).toEqual([])
})

test('what divides is above nothing, and what is a share has enough to be one', () => {
  const unguarded = (expr: string) =>
    [...expr.matchAll(/\/\s*([^\n]*)/g)].some(([, divisor = '']) => !/^\(.* > 0\)/.test(divisor))
  expect(broken((expr) => unguarded(expr.replaceAll(/"[^"]*"/g, '""')))).toEqual([])
  const floorless = brokenAlerts(
    ({ expr }) => /\/ ?\(|_per_/.test(expr) && !/>= \d+|unless .*_expected/.test(expr),
  )
  // Probes ask at fixed times: their number is the floor.
  expect(new Set(floorless)).toEqual(new Set(['AuthwatchProbeErrorBudgetBurn']))
})

test('counters are read by how they rise, and ranges hold several scrapes', () => {
  const raw = rules.flatMap(({ expr }) =>
    selectorsOf(expr).filter(
      ({ metric, within }) => metric.endsWith('_total') && !['rate', 'increase'].includes(within),
    ),
  )
  expect(raw).toEqual([])
  expect(broken((expr) => /\b(rate|increase|irate)\s*\(\s*(sum|max|min|avg|count)\b/.test(expr))).toEqual([])
  // Four scrapes a minute apart, the slowest that is usual.
  const ranges = rules.flatMap(({ expr }) => [...expr.matchAll(/\b(?:rate|increase)\([^[]*\[(\w+)\]/g)])
  expect(ranges.filter(([, range]) => inSeconds(range!) < 240)).toEqual([])
})

test('nothing is used that one of Prometheus 2.42 and 3 lacks, or that flaps', () => {
  expect(
    broken((expr) => /\b(topk|bottomk|holt_winters|double_exponential_smoothing|limitk|info)\b/.test(expr)),
  ).toEqual([])
  expect(broken((expr) => /@\s|\bstart\(\)|\bend\(\)|\bsum_over_time\(.*:/.test(expr))).toEqual([])
  const keys = texts.flatMap(([, text]) => [...text.matchAll(/^ {2,4}(\w+):/gm)].map(([, key]) => key))
  expect(new Set(keys)).toEqual(new Set(['rules', 'interval']))
  // A regular expression that is anchored by itself already, or that matches one word only.
  const patterns = rules.flatMap(({ expr }) =>
    selectorsOf(expr).flatMap(({ matchers }) => matchers.filter(({ operator }) => operator.includes('~'))),
  )
  expect(patterns.filter(({ value }) => /^\^|\$$/.test(value) || /^\w*$/.test(value))).toEqual([])
})

test('no rule looks back further than the retention that the file asks for', () => {
  const furthest = rules.map(({ expr }) => {
    const offsets = [...expr.matchAll(/(?:\[(\w+)\] )?offset (\w+)/g)].map(
      ([, range = '', offset = '']) => inSeconds(range) + inSeconds(offset),
    )
    return Math.max(0, ...offsets)
  })
  const asked = /retention\.time=(\d+)d/.exec(texts.map(([, text]) => text).join(''))?.[1]
  expect(Math.max(...furthest)).toBe(inSeconds('20d23h30m') + inSeconds('1h'))
  expect(Math.max(...furthest)).toBeLessThanOrEqual(Number(asked) * DAY)
})

test('what is absent is so for two scrapes at least', () => {
  const hasty = alerts.filter(
    ({ expr, for: wait = '0s' }) => expr.includes('absent(') && inSeconds(wait) < 120,
  )
  expect(hasty).toEqual([])
  expect(alerts.some(({ expr }) => expr.includes('absent('))).toBe(true)
})

test('texts of alerts name labels that their expressions leave there', () => {
  const lost = alerts.flatMap(({ alert, expr, labels, annotations }) => {
    const { reads, groupings } = parsePromql(expr)
    const levels = reads.flatMap(({ metric }) =>
      metric.includes(':') ? metric.split(':')[0]!.split('_') : [],
    )
    const matched = reads.flatMap(({ matchers, within }) =>
      matchers.filter(({ operator }) => operator === '=' || within.length < 2).map(({ label }) => label),
    )
    const scraped = reads.some(({ metric }) => metric === 'up') ? ['job', 'instance'] : []
    const there = [...groupings, ...levels, ...matched, ...scraped, ...Object.keys(labels)]
    const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
    return named.filter((label) => !there.includes(label)).map((label) => `${alert}: ${label}`)
  })
  expect(lost).toEqual([])
})

test('every recording is read by an alert or another recording, or is for boards', () => {
  const read = new Set(rules.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric)))
  const unread = recordings.map(({ record }) => record).filter((record) => !read.has(record))
  expect(unread).toEqual([])
})

test('groupings name labels that the level of a recording promises', () => {
  for (const { record, expr } of recordings) {
    const level = record.split(':')[0]!.split('_')
    const outer = groupingLabels(expr)
    for (const label of outer.filter((each) => !['instance'].includes(each))) expect(level).toContain(label)
  }
})
