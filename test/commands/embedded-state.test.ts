import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { testDatabase } from '../support/database.ts'
import { NAMINGS } from '../support/schemas/index.ts'
import { startServe, type TestWorker, workerFolder } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 240_000, maxConcurrency: 10 })

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
