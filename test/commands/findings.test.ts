import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { healthyApplication } from '../run/application.ts'
import { testDatabase } from '../support/database.ts'
import { findOnPath } from '../support/find-on-path.ts'
import { onlyChecks, startServe } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 180_000 })

const CHECK = 'user.credential_without_password'
const WITHIN_MS = 40_000

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
    new RegExp(`^${CHECK}\\s+app\\s+${id}\\s+\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d `, 'm'),
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

test.concurrent('the role that grants prints suffices for every check, and reads no secret', async ({
  skip,
}) => {
  const psql = await findOnPath('psql')
  if (psql === undefined) return skip('there is no psql')
  await using database = await testDatabase()
  await healthyApplication(database, new Date())
  const env = { DATABASE_URL: database.url }
  const role = `watcher_of_${database.name}`
  const printed = await authwatch(['grants', '--role', role, '--schema', 'watched'], { env })
  expect(printed).toMatchObject({ code: 0, stderr: '' })
  expect(printed.output).not.toContain(new URL(database.url).password)

  const password = 'chosen by an operator'
  const run = promisify(execFile)(psql, ['--no-psqlrc', '--set', 'ON_ERROR_STOP=1', database.url], {
    timeout: 30_000,
  })
  // The question for the password takes the line that follows it.
  run.child.stdin?.end(printed.stdout.replace(/^\\prompt .*$/m, (line) => `${line}\n${password}`))
  await run
  try {
    const url = new URL(database.url)
    url.username = role
    url.password = password
    const { code, stdout, output } = await authwatch(['check'], { env: { DATABASE_URL: url.href } })
    expect(stdout).toMatch(/^\d+ pass, 0 fail, 0 could not look, 0 skipped$/m)
    expect(code).toBe(0)
    expect(output).not.toContain(password)
    const table = database.physical('session').table
    const asRole = promisify(execFile)(psql, ['--no-psqlrc', '-c', `select token from ${table}`, url.href], {
      timeout: 30_000,
    })
    await expect(asRole).rejects.toThrow('permission denied')
  } finally {
    await database.query(`drop owned by ${role}; drop role ${role}`)
  }
})
