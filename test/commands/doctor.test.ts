import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { stateDatabase } from '../results/state-database.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { testDatabase } from '../support/database.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { startRedis } from '../support/redis.ts'
import { startServe, workerFolder } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 180_000 })

const WITHIN_MS = 60_000
const NOBODY = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n'
const SECRET = 'do-not-print-this'

interface Told {
  readonly code: number | null
  /** The state of each step, with the severity of those that fail. */
  readonly steps: Readonly<Record<string, string>>
  readonly output: string
}

async function doctor(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Told> {
  const { code, stdout, output } = await authwatch(['doctor', '--json', ...args], { env })
  const { steps }: { steps: readonly { id: string; state: string; severity?: string }[] } = JSON.parse(stdout)
  const told = steps.map(({ id, state, severity }) => [
    id,
    severity === undefined ? state : `${state} ${severity}`,
  ])
  return { code, steps: Object.fromEntries(told), output }
}

/** The rules of this release, as files. */
async function ruleFilesIn(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const rules = Object.entries(filesOf(catalogue)).filter(([path]) => path.endsWith('.rules.yml'))
  const files = rules.map(([path, text]) => ({ file: join(folder, basename(path)), text }))
  for (const { file, text } of files) await writeFile(file, text)
  return files.map(({ file }) => file)
}

test('a deployment in good health is told so, and each thing that is wrong by its name', async ({ skip }) => {
  for (const name of ['prometheus', 'alertmanager', 'redis-server'] as const)
    skip('skip' in (await binaryOrSkip(name)), `${name} is missing`)
  await using db = await testDatabase()
  await using state = await stateDatabase()
  await using redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction', '--appendonly', 'yes'] })
  const urls = { STATE_DATABASE_URL: state.url, REDIS_URL: redis.url }
  const env = { ...urls, DATABASE_URL: await db.readOnlyUrl() }
  await using folder = await workerFolder('authwatch-doctor-')
  await using worker = await startServe({ env })
  await using alertmanager = await startAlertmanager({ config: NOBODY })
  await using prometheus = await startPrometheus({
    scrape: [{ job: 'authwatch', targets: [new URL(worker.url).host] }],
    ruleFiles: await ruleFilesIn(folder.path),
    alertmanagers: [alertmanager.target],
  })
  const all = ['--worker', worker.url, '--prometheus', prometheus.url, '--alertmanager', alertmanager.url]
  await vi.waitFor(async () => expect((await doctor(all, env)).code).toBe(0), {
    timeout: WITHIN_MS,
    interval: 1_000,
  })
  expect((await doctor(all, env)).steps).toEqual({
    config: 'pass',
    'database.reach app': 'pass',
    'database.rights app': 'pass',
    // The role of this test reads whole tables.
    'database.secrets app': 'fail info',
    'database.limits app': 'pass',
    'clock.database app': 'pass',
    'state.reach': 'pass',
    'state.migrations': 'pass',
    'state.rights': 'pass',
    'clock.state': 'pass',
    'queue.reach': 'pass',
    'queue.eviction': 'pass',
    'queue.persistence': 'pass',
    servers: 'skipped',
    'worker.running': 'pass',
    'worker.scraped': 'pass',
    'prometheus.scrapes': 'pass',
    'prometheus.rules': 'pass',
    'prometheus.delivers': 'pass',
    'alertmanager.watchdog': 'pass',
  })

  await redis.command('CONFIG SET maxmemory-policy allkeys-lru')
  const evicting = await doctor(['--worker', worker.url], { ...urls, DATABASE_URL: db.url })
  expect(evicting.code).toBe(1)
  expect(evicting.steps).toMatchObject({
    'database.rights app': 'fail warning',
    'queue.eviction': 'fail warning',
    prometheus: 'skipped',
    alertmanager: 'skipped',
  })

  const missing = await doctor(['--worker', worker.url], { ...env, REDIS_URL: `${redis.url}/99` })
  expect(missing.steps).toMatchObject({ 'queue.reach': 'fail critical' })
  expect(missing.output).toContain('Redis has no database of the number in REDIS_URL')

  await using elsewhere = await startAlertmanager({ config: NOBODY })
  await using idle = await startPrometheus({ scrape: [{ job: 'other', targets: ['127.0.0.1:9'] }] })
  await redis.kill()
  await worker.stop()
  const wrong = ['--prometheus', idle.url, '--alertmanager', elsewhere.url, '--worker', worker.url]
  await using empty = await stateDatabase()
  const broken = await doctor(wrong, {
    REDIS_URL: redis.url.replace('redis://', `redis://:${SECRET}@`),
    STATE_DATABASE_URL: empty.url,
    DATABASE_URL: `postgres://reader:${SECRET}@127.0.0.1:9/app`,
  })
  expect(broken.code).toBe(2)
  expect(broken.output).not.toContain(SECRET)
  expect(broken.steps).toEqual({
    config: 'pass',
    'database.reach app': 'fail critical',
    'state.reach': 'pass',
    'state.migrations': 'fail warning',
    'state.rights': 'pass',
    'clock.state': 'pass',
    'queue.reach': 'fail critical',
    servers: 'skipped',
    'worker.running': 'fail critical',
    'prometheus.scrapes': 'fail critical',
    'prometheus.rules': 'fail critical',
    'prometheus.delivers': 'fail critical',
    'alertmanager.watchdog': 'fail critical',
  })
  // Looking is not migrating.
  expect(await empty.query("select to_regnamespace('authwatch') is null as untouched")).toEqual([
    { untouched: true },
  ])
  const unconfigured = await doctor([], {})
  expect(unconfigured).toMatchObject({ code: 2, steps: { config: 'fail critical' } })
})
