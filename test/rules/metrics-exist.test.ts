import { expect, test } from 'vitest'
import { states } from '../../src/catalogue/result.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { operations, outcomes, reasons } from '../../src/events/vocabulary.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { asPromql, panelsOf, readBoards } from '../generate/board-files.ts'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { parsePromql } from '../support/promql.ts'
import { groupingLabels, selectorsOf } from './promql-selectors.ts'
import { alertsOf, groupsOf } from './rule-cases.ts'
import { workerExposition } from './worker-exposition.ts'

/** What Prometheus itself adds to a scraped series, or exports, or makes of rules; and Alertmanager. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate', 'severity'],
  ALERTS_FOR_STATE: ['alertname', 'severity'],
  scrape_duration_seconds: [],
  scrape_samples_scraped: [],
  // Exported from the first collection on.
  nodejs_gc_duration_seconds_sum: ['kind'],
  prometheus_rule_evaluation_failures_total: ['rule_group'],
  prometheus_notifications_errors_total: ['alertmanager'],
  prometheus_notifications_sent_total: ['alertmanager'],
  alertmanager_notifications_failed_total: ['integration'],
  alertmanager_notifications_total: ['integration'],
}
const ADDED = ['job', 'instance']

/** What neither a rule nor a board reads: it is asked for by hand, while somebody looks for a cause. */
const ASKED_BY_HAND = [
  // By `authwatch doctor`; a scrape itself always finds it to be a moment ago.
  'authwatch_http_last_scrape_timestamp_seconds',
  // Since when the configuration is the one before, when AuthwatchWebConfigReloadFailed calls.
  'authwatch_web_config_last_reload_success_timestamp_seconds',
]

/** Everything a worker can export: names, with the values of each label. */
async function exported(): Promise<ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>> {
  const found = new Map<string, Map<string, Set<string>>>()
  for (const [name, { samples }] of parseExposition(await workerExposition(Date.now()), 'text')) {
    const labels = new Map<string, Set<string>>()
    for (const [label, value] of samples.flatMap((sample) => Object.entries(sample.labels)))
      labels.set(label, (labels.get(label) ?? new Set()).add(value))
    found.set(name, labels)
  }
  return found
}

const groups = Object.entries(filesOf(catalogue))
  .filter(([path]) => path.endsWith('.rules.yml'))
  .flatMap(([, text]) => groupsOf(text))
const rules = groups.flatMap((group) => group.rules)
const recorded = new Set(rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])))
/** Queries stand in templates too. */
const queries = alertsOf(groups).flatMap(({ annotations }) =>
  [...(annotations.description ?? '').matchAll(/printf "((?:[^"\\]|\\.)*)"/g)].map(([, query = '']) =>
    query.replaceAll("'", '"').replaceAll(/%\[\d\]s/g, 'a'),
  ),
)
const used = [...rules.map(({ expr }) => expr), ...queries].flatMap(selectorsOf)
const shown = (await readBoards()).flatMap((board) => [
  ...board.annotations.list.map(({ expr }) => ({ title: board.title, expr })),
  ...panelsOf(board).flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
])
/** Without what a reader chooses, which is a label's value only when the board is looked at. */
const shownReads = shown.flatMap(({ title, expr }) =>
  parsePromql(asPromql(expr, { rate: '5m', range: '6h' })).reads.map(({ metric, matchers }) => ({
    title,
    metric,
    matchers: matchers.filter(({ value }) => !value.startsWith('$')),
    asked: matchers.map(({ label }) => label),
  })),
)

test('every metric that a rule reads is exported, with the labels and the values it asks for', async () => {
  const metrics = await exported()
  const wrong = used.flatMap(({ metric, matchers }) => {
    const labels = metrics.get(metric)
    if (labels === undefined) {
      if (recorded.has(metric)) return []
      const others = ELSEWHERE[metric]
      if (others === undefined) return [`${metric} is not exported`]
      return matchers
        .filter(({ label }) => ![...others, ...ADDED].includes(label))
        .map(({ label }) => `${metric}{${label}}`)
    }
    return matchers.flatMap(({ label, operator, value }) => {
      if (ADDED.includes(label)) return []
      const values = labels.get(label)
      if (values === undefined) return [`${metric} has no label ${label}`]
      if (['server', 'target', 'probe'].includes(label)) return []
      const wanted = operator.includes('~') ? new RegExp(`^(${value})$`) : undefined
      const there = [...values].some((each) => wanted?.test(each) ?? each === value)
      return there ? [] : [`${metric}{${label}${operator}"${value}"} matches nothing`]
    })
  })
  expect(wrong).toEqual([])
})

test('labels that rules group by are labels of what is exported', async () => {
  const known = new Set([...(await exported()).values()].flatMap((labels) => [...labels.keys()]))
  const own = [...ADDED, ...Object.values(ELSEWHERE).flat()]
  const unknown = rules
    .flatMap(({ expr }) => groupingLabels(expr))
    .filter((label) => !known.has(label) && !own.includes(label))
  expect(unknown).toEqual([])
})

test('every metric of authwatch that is exported is read by a rule or a board, or known to be asked by hand', async () => {
  const read = new Set(
    [...used, ...shownReads].map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, '')),
  )
  const own = [...(await exported()).keys()].filter((name) => name.startsWith('authwatch_'))
  expect(own.length).toBeGreaterThan(40)
  expect(own.filter((name) => !read.has(name)).toSorted()).toEqual(ASKED_BY_HAND)
})

test('every metric that a board reads is exported or recorded, with the labels that it asks for', async () => {
  const metrics = await exported()
  const wrong = shownReads.flatMap(({ title, metric, asked }) => {
    const labels = metrics.get(metric) ?? metrics.get(metric.replace(/_(bucket|sum|count)$/, ''))
    const level = recorded.has(metric) ? metric.split(':')[0]!.split('_') : undefined
    const known = labels === undefined ? (level ?? ELSEWHERE[metric]) : [...labels.keys()]
    if (known === undefined) return [`${title}: ${metric} is not exported`]
    return asked
      .filter((label) => ![...known, ...ADDED].includes(label))
      .map((label) => `${title}: ${metric}{${label}}`)
  })
  expect(shownReads.length).toBeGreaterThan(150)
  expect(wrong).toEqual([])
})

test('labels that name the series and columns of a panel are labels of what it reads', async () => {
  const metrics = await exported()
  const known = [...new Set([...metrics.values()].flatMap((labels) => [...labels.keys()]))]
  const own = [...known, ...ADDED, ...Object.values(ELSEWHERE).flat(), 'runbook', 'group']
  const legends = (await readBoards()).flatMap(panelsOf).flatMap(({ title, targets }) =>
    targets.flatMap(({ expr, legendFormat }) => {
      const { groupings, reads } = parsePromql(asPromql(expr, { rate: '5m', range: '6h' }))
      const levels = reads.flatMap(({ metric }) =>
        metric.includes(':') ? metric.split(':')[0]!.split('_') : [],
      )
      const given = [...groupings, ...levels]
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
      return [
        ...named.filter((label) => !given.includes(label)).map((label) => `${title}: {{${label}}}`),
        ...groupings.filter((label) => !own.includes(label)).map((label) => `${title}: by ${label}`),
      ]
    }),
  )
  expect(legends).toEqual([])
})

test('values that a board asks for are values that there are', async () => {
  const metrics = await exported()
  const words: Readonly<Record<string, readonly string[]>> = {
    operation: operations,
    outcome: outcomes,
    reason: reasons,
  }
  const wrong = shownReads.flatMap(({ title, metric, matchers }) => {
    const labels = metrics.get(metric) ?? metrics.get(metric.replace(/_(bucket|sum|count)$/, ''))
    return matchers
      .filter(
        ({ label }) =>
          !ADDED.includes(label) && (labels?.has(label) === true || (recorded.has(metric) && label in words)),
      )
      .filter(({ label, operator, value }) => {
        const values = words[label] ?? [...(labels?.get(label) ?? [])]
        const pattern = operator.includes('~') ? new RegExp(`^(${value})$`) : undefined
        const matches = (each: string) => pattern?.test(each) ?? each === value
        return !values.some((each) => matches(each) !== operator.startsWith('!'))
      })
      .map(({ label, value }) => `${title}: ${metric}{${label}="${value}"}`)
  })
  expect(wrong).toEqual([])
})

test('what is asked of a recording is a label of its level, and a word of the vocabulary', () => {
  const words: Readonly<Record<string, readonly string[]>> = {
    operation: operations,
    outcome: outcomes,
    reason: reasons,
  }
  const asked = used.filter(({ metric }) => recorded.has(metric))
  expect(asked.some(({ matchers }) => matchers.length > 0)).toBe(true)
  const wrong = asked.flatMap(({ metric, matchers }) =>
    matchers.filter(({ label, value }) => {
      const inLevel = metric.split(':')[0]!.split('_').includes(label)
      return !inLevel || !words[label]?.some((word) => new RegExp(`^(${value})$`).test(word))
    }),
  )
  expect(wrong).toEqual([])
})

test('signing in is every operation by which a user gets in, and no other', () => {
  const pattern = used
    .flatMap(({ matchers }) => matchers)
    .find(({ label, value }) => label === 'operation' && value.includes('sign_in_'))?.value
  const matched = operations.filter((operation) => new RegExp(`^(${pattern})$`).test(operation))
  expect(matched).toContain('sign_in_email')
  expect(matched).toContain('callback_other')
  expect(operations.filter((operation) => !matched.includes(operation))).toEqual([
    ...['sign_up', 'sign_out', 'get_session', 'verify_api_key', 'organization', 'token', 'reset_password'],
    ...['two_factor', 'extension_token', 'other'],
  ])
})

test('every state and code that a rule names exists', () => {
  const named = used.flatMap(({ matchers }) =>
    matchers.filter(({ label }) => label === 'state').map(({ value }) => value),
  )
  expect(
    named.filter(
      (value) => !states.some((state) => state === value) && !/decryptable|active|expired/.test(value),
    ),
  ).toEqual([])
})
