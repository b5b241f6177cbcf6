import { expect, test, vi } from 'vitest'
import { queryCheck } from '../../src/catalogue/check.ts'
import { check } from '../../src/commands/check.ts'
import { createLogger } from '../../src/commands/logger.ts'
import { startWorker } from '../../src/commands/start-worker.ts'
import { loadConfig } from '../../src/config/load.ts'
import { sql } from '../../src/database/sql.ts'
import { openState } from '../../src/results/open-state.ts'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'

const SECRET = 'Pl4nted-in-an-error'
const WITHIN = { timeout: 30_000, interval: 200 }

const nobody = () => Promise.reject(new Error('nobody is there'))

/** A check with a fault of its own, for as long as the test says. */
function faultyCheck() {
  const state = { isFaulty: false }
  const offenders = () => {
    if (state.isFaulty) throw Object.assign(new TypeError(`no ${SECRET}`), { url: SECRET })
    return sql`select 'a' as "id" where false`
  }
  const title = 'A test has a fault'
  const alerts = { none: 'only a test has it' }
  return {
    state,
    check: queryCheck({ id: 'own.faulty', title, every: '10s', timeout: '5s', alerts, offenders }),
  }
}

test('the log says where a fault of authwatch itself came from, once and without its words', async () => {
  await using application = await testDatabase()
  await using database = await stateDatabase()
  await using store = await openState(database)
  const faulty = faultyCheck()
  const env = { DATABASE_URL: application.url, AUTHWATCH_HTTP_PORT: '0' }
  const config = loadConfig({ env, cwd: '/', catalogue: [faulty.check] })
  let printed = ''
  const terminal = {
    ...{ env, cwd: '/', colours: false, interactive: false, stop: new AbortController().signal },
    ...{ out: () => {}, ask: nobody, read: nobody },
    err: (text: string) => {
      printed += text
    },
  }
  const log = createLogger(config, terminal)
  await using worker = await startWorker({ config, store, stateUrl: database.url, log })
  const runs = async (outcome: string) => {
    const metrics = parseExposition(await (await fetch(`${worker.url}/metrics`)).text(), 'text')
    const samples = metrics.get('authwatch_check_runs_total')?.samples ?? []
    return samples.find(({ labels }) => labels.outcome === outcome)?.value
  }
  await vi.waitFor(async () => expect(await runs('pass')).toBe(1), WITHIN)
  expect(await check(config, { ids: [], json: false, findings: false }, terminal)).toBe(0)
  expect(printed).not.toContain('fault in authwatch')

  faulty.state.isFaulty = true
  await vi.waitFor(async () => expect(await runs('error')).toBe(2), WITHIN)
  const lines = printed.split('\n').filter((line) => line.includes('a fault in authwatch itself'))
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      ...{ check: 'own.faulty', target: 'app', level: 50 },
      trace: expect.stringMatching(/^unexpected TypeError\n {4}at .*traces\.test\.ts/),
    }),
  ])
  expect(worker.latest.all()[0]?.verdict).toMatchObject({ state: 'error', code: 'ERR_INTERNAL' })

  printed = ''
  expect(await check(config, { ids: [], json: false, findings: false }, terminal)).toBe(3)
  expect(printed).toMatch(/^authwatch: own\.faulty on app: unexpected TypeError\n {4}at .*traces\.test\.ts/m)
  const page = await (await fetch(`${worker.url}/checks/own.faulty`)).text()
  expect(printed + page).not.toContain(SECRET)
}, 90_000)
