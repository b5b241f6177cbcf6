import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { openState } from '../../src/results/open-state.ts'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'
import { NAMINGS } from '../support/schemas/index.ts'
import { onlyChecks, startServe, type TestWorker, workerFolder } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'
import { ownServer } from './own-server.ts'

vi.setConfig({ testTimeout: 240_000, maxConcurrency: 16 })

const WITHIN_MS = 60_000

/** Every check of the database has a verdict, and none could not look. */
async function expectVerdicts(worker: TestWorker): Promise<void> {
  const is = (value: number) => value === checks.length
  await worker.until({ metric: 'authwatch_check_state', is, withinMs: WITHIN_MS })
  const errors = (await worker.metrics()).match(/^authwatch_check_error\{.*$/gm)
  expect(errors).toBeNull()
  expect(await worker.value('authwatch_state_up')).toBe(1)
}

const runsOf = async (worker: TestWorker) =>
  (await worker.value('authwatch_check_runs_total', { check: 'user.population' })) ?? 0

test.concurrent.each(NAMINGS)(
  'serve needs a URL and nothing else, with reading rights, on tables as in %s',
  async (naming) => {
    await using database = await testDatabase(naming)
    await database.insert('user')
    const url = await database.readOnlyUrl()
    await using folder = await workerFolder('authwatch folder ')
    await using worker = await startServe({ env: { DATABASE_URL: url }, cwd: folder.path })
    await expectVerdicts(worker)
    expect(await worker.value('authwatch_database_up')).toBe(1)
    await access(join(folder.path, '.authwatch', 'postgres'))
    expect(worker.log()).not.toContain(new URL(url).password)
  },
)

test.concurrent('a second start in the same folder remembers what the first one found', async () => {
  await using database = await testDatabase()
  await using folder = await workerFolder('authwatch folder ')
  const options = { env: { DATABASE_URL: database.url }, cwd: folder.path }
  const first = await startServe(options)
  await expectVerdicts(first)
  const before = await runsOf(first)
  expect(before).toBeGreaterThanOrEqual(1)
  await database.insert('user', { email: 'Somebody@example.test' })
  await database.insert('user', { email: 'somebody@example.test' })
  expect(await first.stop()).toMatchObject({ code: 0 })

  await using second = await startServe(options)
  await expectVerdicts(second)
  expect(await runsOf(second)).toBeGreaterThanOrEqual(before)
})

test.concurrent('two workers in one folder share its state, and the second takes it over from the first', async () => {
  await using database = await testDatabase()
  await using folder = await workerFolder('authwatch folder ')
  const options = { env: { DATABASE_URL: database.url }, cwd: folder.path }
  const first = await startServe(options)
  await expectVerdicts(first)
  await using second = await startServe(options)
  await expectVerdicts(second)
  expect(first.url).not.toBe(second.url)

  expect(await first.stop()).toMatchObject({ code: 0 })
  const up = { metric: 'authwatch_state_up', is: (value: number) => value === 1, withinMs: WITHIN_MS }
  const down = { ...up, is: (value: number) => value === 0 }
  await second.until(down)
  await second.until(up)
  await second.until({ ...up, metric: 'authwatch_queue_up' })
  await second.until({ ...down, metric: 'authwatch_results_pending' })
  const { code, stdout } = await authwatch(['findings', '--json'], options)
  expect({ code, findings: JSON.parse(stdout) }).toEqual({ code: 0, findings: { findings: [] } })
})

const CHECKS = ['session.population', 'user.population']
const config = { checks: onlyChecks(CHECKS, { every: '10s', timeout: '1s' }), http: { port: 0 } }

const isOne = (value: number) => value === 1
const isZero = (value: number) => value === 0

async function expectToWatch(worker: TestWorker): Promise<void> {
  const passing = { metric: 'authwatch_check_state', labels: { state: 'pass' } }
  await worker.until({ ...passing, is: (value) => value === CHECKS.length, withinMs: WITHIN_MS })
}

async function expectToFindTheState(worker: TestWorker): Promise<void> {
  await worker.until({ metric: 'authwatch_state_up', is: isOne, withinMs: WITHIN_MS })
  await worker.until({ metric: 'authwatch_results_pending', is: isZero, withinMs: WITHIN_MS })
  await worker.until({ metric: 'authwatch_queue_up', is: isOne, withinMs: WITHIN_MS })
}

test.concurrent('a worker watches from the start though its state database is not there yet', async () => {
  await using application = await testDatabase()
  await using server = await ownServer(['state'])
  await server.stop()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: server.url('state') }
  await using worker = await startServe({ env, config })
  await expectToWatch(worker)
  expect(await worker.value('authwatch_state_up')).toBe(0)
  expect(worker.log()).toContain('the state database cannot be reached')

  await server.start()
  await expectToFindTheState(worker)
  const runs = await server.query('state', 'select distinct check_id from check_run order by 1')
  expect(runs.map(({ check_id }) => check_id)).toEqual(CHECKS)
})

test.concurrent('a worker watches from the start though its state database hangs', async () => {
  await using application = await testDatabase()
  await using server = await ownServer(['state'])
  await server.pause()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: server.url('state') }
  await using worker = await startServe({ env, config })
  await expectToWatch(worker)
  expect(await worker.value('authwatch_state_up')).toBe(0)

  server.resume()
  await expectToFindTheState(worker)
  const runs = await server.query('state', 'select distinct check_id from check_run order by 1')
  expect(runs.map(({ check_id }) => check_id)).toEqual(CHECKS)
})

const NEWER = `insert into authwatch._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
  values ('later', 'x', '99991231000000_later', now(), 1)`

test.concurrent.each([
  ['a newer release', NEWER, 'made by a newer authwatch'],
  [
    'other migrations',
    `update authwatch._prisma_migrations set checksum = 'other'`,
    'is not the one that was applied',
  ],
  ['half a migration', `update authwatch._prisma_migrations set finished_at = null`, 'failed half-way'],
])('a state of %s stops the worker, with the reason', async (_, change, reason) => {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  const store = await openState({ url: state.url })
  await store[Symbol.asyncDispose]()
  const healthy = await authwatch(['findings'], { env, config })
  expect(healthy).toMatchObject({ code: 0, stdout: 'no findings\n' })

  await state.query(change)
  const { code, stderr } = await authwatch(['serve'], { env, config })
  expect(code).toBe(3)
  expect(stderr).toContain(`authwatch: `)
  expect(stderr).toContain(reason)
})

test.concurrent('a state that turns out to be newer when it comes up stops the worker as well', async () => {
  await using application = await testDatabase()
  await using server = await ownServer(['state'])
  const store = await openState({ url: server.url('state') })
  await store[Symbol.asyncDispose]()
  await server.query('state', NEWER)
  await server.stop()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: server.url('state') }
  await using worker = await startServe({ env, config })
  await expectToWatch(worker)

  await server.start()
  await vi.waitFor(() => expect(worker.hasExited()).toBe(true), { timeout: WITHIN_MS, interval: 200 })
  expect(worker.log()).toContain('made by a newer authwatch')
})
