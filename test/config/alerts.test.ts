import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { overrideChecks } from '../../src/catalogue/override.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadAlerting, loadConfig } from '../../src/config/load.ts'

/** No secret is in the environment: a machine that only writes rules has none. */
async function alertingOf(yaml: string) {
  const cwd = await mkdtemp(join(tmpdir(), 'authwatch-alerts-'))
  try {
    await writeFile(join(cwd, 'authwatch.yaml'), yaml)
    return loadAlerting({ env: {}, cwd, catalogue })
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const thrown: unknown = await alertingOf(yaml).catch((error: unknown) => error)
  if (!(thrown instanceof ConfigError)) throw thrown
  return thrown.problems.map(({ where, path, message }) => `${where.replace(/^.*:/, '')} ${path}: ${message}`)
}

test('without a word about alerts each has its default, for whoever reads the configuration', async () => {
  expect(await alertingOf('log: { level: warn }')).toEqual({ checks: catalogue, alerts: defaultAlertPolicy })
  const env = { DATABASE_URL: 'postgres://app@127.0.0.1:5432/crm' }
  expect(loadConfig({ env, cwd: tmpdir(), catalogue }).alerts).toEqual(defaultAlertPolicy)
})

test('a deployment changes one threshold and keeps the others, and those of its checks', async () => {
  const { checks, alerts } = await alertingOf(`
alerts:
  job: watchers
  signInErrorBudget: 0.001
  spike: { floor: 5 }
  grafanaUrl: https://grafana.example/sub
checks:
  session.expired_backlog: { thresholds: { offenders: 7 } }
`)
  expect(alerts).toEqual({
    ...defaultAlertPolicy,
    job: 'watchers',
    signInErrorBudget: 0.001,
    spike: { ...defaultAlertPolicy.spike, floor: 5 },
    grafanaUrl: 'https://grafana.example/sub',
  })
  const thresholds = { 'session.expired_backlog': { enabled: true, thresholds: { offenders: 7 } } }
  expect(checks).toEqual(overrideChecks(catalogue, thresholds).checks)
})

test('every fault is told at once, with its line and what is right', async () => {
  const faults = await problemsOf(`
alerts:
  job: 'a"} or vector(1) #'
  signInErrorBudget: 99.5
  probeErrorBudget: 0
  queueWaiting: 10s
  grafanaUrl: https://grafana.example/
  spyke: 3
  accountsPerRejection: { stuffing: 0.1, bruteForce: 0.2 }
`)
  expect(faults.toSorted()).toEqual([
    '3 alerts.job: use letters, digits, "_", ".", "/", ":", "-"',
    '4 alerts.signInErrorBudget: less than 1: 0.005 is an objective of 99.5 %',
    '5 alerts.probeErrorBudget: more than 0',
    '6 alerts.queueWaiting: from 1m to 1d',
    '7 alerts.grafanaUrl: a URL that begins with http:// or https:// and ends without a slash',
    '8 alerts.spyke: unknown key',
    '9 alerts.accountsPerRejection: bruteForce must be below stuffing',
  ])
})
