import { expect, test } from 'vitest'
import { states } from '../../src/catalogue/result.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { operations, outcomes, reasons } from '../../src/events/vocabulary.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { groupingLabels, selectorsOf } from './promql-selectors.ts'
import { alertsOf, groupsOf } from './rule-cases.ts'
import { workerExposition } from './worker-exposition.ts'

/** What Prometheus itself adds to a scraped series, or exports, or makes of rules; and Alertmanager. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate'],
  prometheus_rule_evaluation_failures_total: ['rule_group'],
  prometheus_notifications_errors_total: ['alertmanager'],
  prometheus_notifications_sent_total: ['alertmanager'],
  alertmanager_notifications_failed_total: ['integration'],
  alertmanager_notifications_total: ['integration'],
}
const ADDED = ['job', 'instance']

/** What no alert reads: it is looked at, on boards or by hand, once an alert has called. */
const LOOKED_AT = [
  'authwatch_api_keys',
  'authwatch_api_keys_disabled_in_use',
  'authwatch_auth_distinct_sources',
  'authwatch_auth_duration_seconds',
  'authwatch_check_duration_seconds',
  'authwatch_check_runs_total',
  'authwatch_credential_accepted',
  'authwatch_findings_waived',
  'authwatch_http_request_duration_seconds',
  'authwatch_http_requests_total',
  'authwatch_jwks_published_keys',
  'authwatch_jwks_signing_key_age_seconds',
  'authwatch_jwks_stored_keys',
  'authwatch_organization_members',
  'authwatch_organizations',
  'authwatch_probe_duration_seconds',
  'authwatch_queue_bypassed_runs_total',
  'authwatch_results_pending',
  'authwatch_server_clock_skew_seconds',
  'authwatch_session_revocation_lag_seconds',
  'authwatch_sessions',
  'authwatch_sessions_by_age',
  'authwatch_ticks_skipped_total',
  'authwatch_users',
  'authwatch_users_created_within_day',
  'authwatch_verifications',
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

test('every metric of authwatch that is exported is read by a rule or known to be for boards', async () => {
  const read = new Set(used.map(({ metric }) => metric))
  const own = [...(await exported()).keys()].filter((name) => name.startsWith('authwatch_'))
  expect(own.length).toBeGreaterThan(40)
  expect(own.filter((name) => !read.has(name)).toSorted()).toEqual(LOOKED_AT)
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
