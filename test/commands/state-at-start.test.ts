import { expect, test, vi } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'
import { ownServer } from './own-server.ts'

vi.setConfig({ testTimeout: 240_000, maxConcurrency: 10 })

const CHECKS = ['session.population', 'user.population']
const config = { checks: onlyChecks(CHECKS, { every: '10s', timeout: '1s' }), http: { port: 0 } }
const WITHIN_MS = 40_000

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
