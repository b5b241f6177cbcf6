import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { faultyRows, healthyApplication } from '../run/application.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { testDatabase } from '../support/database.ts'
import { promtoolCheckMetrics } from '../support/prometheus.ts'
import { SCHEMAS } from '../support/schemas/index.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'
import { ownServer } from './own-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const WITHIN_MS = 60_000
const SAME_WITHIN_MS = 30_000
/** A scrape takes milliseconds; the rest is for a machine that is busy. */
const SCRAPE_MS = 1_000

/** Everything but what the worker says of its own process and machinery. */
const OWN =
  /^(# \w+ )?(process_|nodejs_|authwatch_(build_info|clock|http|queue|results|series|state_up|ticks|probe_duration|probe_failures))/

const sharedLines = (text: string) => text.split('\n').filter((line) => line !== '' && !OWN.test(line))

async function untilVerdicts(worker: TestWorker, count: number): Promise<void> {
  const is = (value: number) => value >= count
  await worker.until({ metric: 'authwatch_check_state', is, withinMs: WITHIN_MS })
}

test.concurrent('promtool finds nothing to say about the metrics of a worker at work', async ({ skip }) => {
  skip('skip' in (await binaryOrSkip('promtool')), 'promtool is missing')
  await using application = await testDatabase()
  await healthyApplication(application, new Date())
  await faultyRows(application, new Date())
  await using state = await stateDatabase()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  await using worker = await startServe({ env })
  await untilVerdicts(worker, 30)
  expect(await worker.value('authwatch_check_state', { state: 'fail' })).toBeGreaterThan(5)
  expect(await worker.value('authwatch_check_state', { state: 'pass' })).toBeGreaterThan(5)
  expect(await promtoolCheckMetrics(await worker.metrics())).toEqual({ code: 0, output: '' })
})

test.concurrent('two workers that share a state show the same, but for themselves', async () => {
  await using application = await testDatabase()
  await healthyApplication(application, new Date())
  await faultyRows(application, new Date())
  await using state = await stateDatabase()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  const workers = await Promise.all([startServe({ env }), startServe({ env })])
  const [one, two] = workers
  try {
    await Promise.all(workers.map((worker) => untilVerdicts(worker, 30)))
    // A run is shown by its worker at once and by the other with its next look at the state.
    const deadline = Date.now() + SAME_WITHIN_MS
    for (;;) {
      const [ours, theirs] = await Promise.all([one?.metrics(), two?.metrics()])
      const lines = sharedLines(ours ?? '')
      expect(lines.filter((line) => line.startsWith('authwatch_check_')).length).toBeGreaterThan(300)
      expect(lines.some((line) => line.startsWith('authwatch_users{'))).toBe(true)
      expect(lines.some((line) => line.startsWith('authwatch_sessions'))).toBe(true)
      if (lines.join('\n') === sharedLines(theirs ?? '').join('\n')) break
      if (Date.now() > deadline) expect(sharedLines(theirs ?? '')).toEqual(lines)
      await sleep(200)
    }
    const both = await state.query('select count(distinct worker)::int as workers from check_run')
    expect(both).toEqual([{ workers: 2 }])
  } finally {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
})

test.concurrent('a scrape does not wait for databases that hang', async () => {
  await using server = await ownServer(['app', 'state'])
  await SCHEMAS.camelCase.build(server.url('app'))
  const env = { DATABASE_URL: server.url('app'), STATE_DATABASE_URL: server.url('state') }
  const checks = onlyChecks(['session.population', 'user.population'], { every: '10s', timeout: '1s' })
  await using worker = await startServe({ env, config: { checks } })
  await untilVerdicts(worker, 2)
  expect(await worker.value('authwatch_check_state', { state: 'error' })).toBe(0)
  expect(await worker.value('authwatch_database_up')).toBe(1)

  await server.pause()
  await worker.until({ metric: 'authwatch_state_up', is: (up) => up === 0, withinMs: WITHIN_MS })
  const took: number[] = []
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const began = performance.now()
    await worker.metrics()
    took.push(performance.now() - began)
    await sleep(200)
  }
  expect(took.length).toBeGreaterThan(5)
  expect(took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(SCRAPE_MS)

  await worker.until({ metric: 'authwatch_database_up', is: (up) => up === 0, withinMs: WITHIN_MS })
  server.resume()
  await worker.until({ metric: 'authwatch_state_up', is: (up) => up === 1, withinMs: WITHIN_MS })
})

const CHECK = 'user.credential_without_password'

interface ListedFinding {
  readonly key: string
  readonly firstSeen: number
  readonly lastSeen: number
  readonly resolvedAt: number | null
}

test.concurrent('findings tell since when a row offends, and that it was resolved', async () => {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  const config = { checks: onlyChecks([CHECK], { every: '10s', timeout: '2s' }) }
  const began = Date.now()
  await using worker = await startServe({ env, config })
  const failing = { metric: 'authwatch_check_state', labels: { state: 'fail' }, withinMs: WITHIN_MS }
  await worker.until({ ...failing, is: (value) => value === 0 })
  expect(await authwatch(['findings'], { env })).toMatchObject({
    code: 0,
    stdout: 'no findings\n',
    stderr: '',
  })

  const id = await application.insert('account', { password: null })
  await worker.until({ ...failing, is: (value) => value === 1 })
  await worker.until({
    metric: 'authwatch_check_runs_total',
    labels: { outcome: 'fail' },
    is: (runs) => runs > 1,
    withinMs: WITHIN_MS,
  })
  const listed = async (...options: readonly string[]): Promise<readonly ListedFinding[]> => {
    const { code, stdout } = await authwatch(['findings', '--json', ...options], { env })
    expect(code).toBe(0)
    return JSON.parse(stdout).findings
  }
  const [open, ...others] = await listed()
  expect(others).toEqual([])
  expect(open).toMatchObject({ check: CHECK, target: 'app', key: id, resolvedAt: null, reopened: 0 })
  expect(open?.firstSeen).toBeGreaterThan(began)
  expect(open?.lastSeen).toBeGreaterThan(open?.firstSeen ?? Number.NaN)
  const text = await authwatch(['findings', '--check', CHECK, '--target', 'app', '--since', '1h'], { env })
  expect(text.stdout).toMatch(
    new RegExp(`^[0-9a-f]{10}\\s+${CHECK}\\s+app\\s+${id}\\s+\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d `, 'm'),
  )
  expect(await listed('--target', 'elsewhere')).toEqual([])

  await application.update('account', id, { password: 'a-hash' })
  await worker.until({ ...failing, is: (value) => value === 0 })
  await vi.waitFor(async () => expect(await listed()).toEqual([]), { timeout: WITHIN_MS, interval: 1_000 })
  const [resolved] = await listed('--all')
  expect(resolved).toMatchObject({ key: id, firstSeen: open?.firstSeen })
  expect(resolved?.resolvedAt).toBeGreaterThan(open?.lastSeen ?? Number.NaN)
  const nope = await authwatch(['findings', '--check', 'nope'], { env })
  expect(nope).toMatchObject({ code: 64, stdout: '' })
})
