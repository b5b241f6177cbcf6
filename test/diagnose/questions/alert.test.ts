import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { catalogue } from '../../../src/commands/catalogue.ts'
import { alertQuestion } from '../../../src/commands/diagnose-alert.ts'
import { openPlaces } from '../../../src/commands/open-places.ts'
import { readMetrics } from '../../../src/diagnose/facts/worker-metrics.ts'
import { alertDiagnosis, knownAlerts } from '../../../src/diagnose/questions/alert.ts'
import { runDiagnosis } from '../../../src/diagnose/run-diagnosis.ts'
import { runbookHeadingAnchor } from '../../../src/diagnose/runbook-anchor.ts'
import { type DiagnosedCrm, startDiagnosedCrm } from '../diagnosed-crm.ts'

vi.setConfig({ testTimeout: 60_000 })

const folder = new URL('../../../alerts/', import.meta.url)
const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.looseObject({ alert: z.string().optional() })) })),
})

/** Every alert of the rule files, and the sections of the runbook that are about what has no alert. */
const names = [
  ...new Set([
    ...readdirSync(folder)
      .filter((file) => file.endsWith('.rules.yml'))
      .flatMap((file) => rules.parse(parse(readFileSync(new URL(file, folder), 'utf8'))).groups)
      .flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? [])),
    ...knownAlerts(catalogue),
  ]),
]
const runbook = readFileSync(new URL('README.md', folder), 'utf8')
const anchors = new Set(
  [...runbook.matchAll(/^#{2,3} (.+)$/gm)].map(([, heading]) => runbookHeadingAnchor(heading!)),
)

let crm: DiagnosedCrm

beforeAll(async () => {
  crm = await startDiagnosedCrm()
}, 90_000)
afterAll(async () => crm?.[Symbol.asyncDispose](), 30_000)

/** A worker's numbers, as none runs here. */
const METRICS = readMetrics(`# TYPE authwatch_queue_up gauge
authwatch_queue_up 1
authwatch_state_up 0
authwatch_series_dropped_total 3
authwatch_clock_offset_seconds -45.5
authwatch_web_config_last_reload_successful 0
authwatch_auth_events_total{server="crm-a",operation="sign_in_email",outcome="failure",reason="invalid_credentials"} 12
authwatch_auth_events_total{server="crm-b",operation="sign_in_email",outcome="failure",reason="rate_limited"} 40
authwatch_auth_events_total{server="crm-b",operation="sign_in_email",outcome="success",reason="none"} 900
`)

test('every alert there is can be diagnosed, in time and with steps that could look', async () => {
  await using places = openPlaces(crm.config)
  // Each check is run once, and not again for every alert that asks for it.
  const runs = new Map<string, ReturnType<Awaited<ReturnType<typeof alertQuestion>>['run']>>()
  for (const name of names) {
    const question = await alertQuestion(crm.config, places, { name, labels: [] })
    const run: typeof question.run = (check, only) => {
      const known = runs.get(check.id) ?? question.run(check, only)
      runs.set(check.id, known)
      return known
    }
    const report = await runDiagnosis(alertDiagnosis({ ...question, run, metrics: async () => METRICS }))
    expect({ name, steps: report.steps.length }).toSatisfy(({ steps }) => steps > 0)
    for (const step of report.steps) {
      expect({ name, ...step, faulty: /ERR_|undefined|\[object/.test(step.evidence) }).toMatchObject({
        faulty: false,
      })
      expect(step.sign).not.toBe('unknown')
      if (step.sign === 'bad') expect(anchors).toContain(runbookHeadingAnchor(step.runbook))
    }
  }
  expect(names.length).toBeGreaterThan(80)
})

test('numbers of the worker are causes, and what it has counted is evidence', async () => {
  await using places = openPlaces(crm.config)
  const reportOf = async (name: string) => {
    const question = await alertQuestion(crm.config, places, { name, labels: [] })
    return runDiagnosis(alertDiagnosis({ ...question, metrics: async () => METRICS }))
  }
  const dropped = await reportOf('AuthwatchSeriesDropped')
  expect(dropped.cause).toMatchObject({
    cause: expect.stringContaining('authwatch_series_dropped_total 3'),
    fix: { say: expect.stringContaining('metrics.maxSeries') },
  })
  const clock = await reportOf('AuthwatchWorkerClockOff')
  expect(clock.cause?.cause).toContain('authwatch_clock_offset_seconds -45.5')
  const refused = await reportOf('AuthwatchWebConfigReloadFailed')
  expect(refused.cause?.cause).toContain('authwatch_web_config_last_reload_successful 0')
  const stuffing = await reportOf('AuthwatchCredentialStuffing')
  expect(stuffing.steps[0]?.evidence).toBe(
    'since it started: 40 × rate_limited on crm-b, 12 × invalid_credentials on crm-a',
  )
  // Nothing listens where the configuration says.
  expect((await reportOf('AuthwatchWorkersGone')).cause?.cause).toMatch(/No worker answers here/)
})

test('an alert of rows names them and the statement in the names of this database', async () => {
  const name = 'AuthwatchApiKeyOwnerMissing'
  const healthy = await crm.diagnose({ about: 'alert', name, labels: [] })
  expect({ cause: healthy.cause, code: healthy.code }).toEqual({ cause: null, code: 0 })
  // Not the canary's: what is authwatch's own is in no count.
  await crm.probes.sql(
    `insert into api_key select (jsonb_populate_record(k, '{"id": "orphan", "key": "x", "reference_id": "gone"}')).* from api_key k limit 1`,
  )
  try {
    const seen = await crm.diagnose({ about: 'alert', name, labels: ['severity="critical"', 'target=crm'] })
    expect(seen.cause).toMatchObject({
      severity: 'critical',
      cause: expect.stringContaining('(1 in crm)'),
      link: `alerts/README.md#${name.toLowerCase()}`,
    })
    expect(seen.cause?.fix.run?.at(-1)).toMatch(
      /^update "public"\."api_key" set "enabled" = false, .* where "id" = any\(array\['orphan'\]/,
    )
    expect(seen.code).toBe(2)
  } finally {
    await crm.probes.sql(`delete from api_key where id = 'orphan'`)
  }
})

test('a database that does not answer is the cause, and no other', async () => {
  const config = {
    ...crm.config,
    databases: crm.config.databases.map((each) => ({ ...each, url: 'postgres://u@127.0.0.1:1/x' })),
  }
  await using places = openPlaces(config)
  const question = await alertQuestion(config, places, { name: 'AuthwatchDatabaseDown', labels: [] })
  const { cause, steps } = await runDiagnosis(alertDiagnosis(question))
  expect(cause?.cause).toMatch(/The database crm does not answer/)
  expect(steps.filter(({ sign }) => sign === 'bad')).toHaveLength(1)
})

test('what is no alert, or no label, is a wrong use', async () => {
  await using places = openPlaces(crm.config)
  const ask = (name: string, label: string) => alertQuestion(crm.config, places, { name, labels: [label] })
  await expect(ask('AuthwatchSignin', 'a=b')).rejects.toThrow(/did you mean AuthwatchSignInUnhealthy/)
  await expect(ask('AuthwatchWatchdog', 'crm-a')).rejects.toThrow(/a label looks like server=crm-a/)
  expect(await ask('session.user_banned', 'server=crm-a')).toMatchObject({
    name: 'AuthwatchSessionUserBanned',
    labels: { server: 'crm-a' },
  })
})
