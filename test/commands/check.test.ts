import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { runbookAnchor } from '../../src/catalogue/naming.ts'
import { checks } from '../../src/checks/index.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { stateDatabase } from '../results/state-database.ts'
import { healthyApplication } from '../run/application.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { findOnPath } from '../support/find-on-path.ts'
import { authwatch } from './authwatch.ts'
import { ownServer } from './own-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const SECRET = 'pl4nted-s3cret'

async function healthyDatabase(): Promise<TestDatabase> {
  const database = await testDatabase()
  await healthyApplication(database, new Date())
  return database
}

/** The database's URL with another password, host part or both. */
function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url)
  copy.password = SECRET
  change(copy)
  return copy.href
}

const envOf = ({ url }: { readonly url: string }) => ({ DATABASE_URL: url })
/** Both at the same URL: what one of them does is no other's fault. */
const twoDatabases = { databases: [{ name: 'one' }, { name: 'two', urlEnv: 'OTHER_URL' }] }

test.concurrent('check answers 0 in health, 1 for a warning, and 2 for what is critical', async () => {
  await using database = await healthyDatabase()
  const env = envOf(database)
  const healthy = await authwatch(['check'], { env })
  expect(healthy).toMatchObject({ code: 0, stderr: '' })
  expect(healthy.stdout).toContain(`\n${checks.length} pass, 0 fail, 0 could not look, 0 skipped\n`)

  await database.insert('account', { password: null })
  const warning = await authwatch(['check'], { env })
  expect(warning.code).toBe(1)
  expect(warning.stdout).toMatch(/^✗ warning\s+user\.credential_without_password\s+1 /m)
  expect(warning.stdout).toContain(`alerts/README.md#${runbookAnchor('user.credential_without_password')}`)

  const userId = await database.insert('user', { banned: true })
  await database.insert('session', { userId })
  const critical = await authwatch(['check'], { env })
  expect(critical.code).toBe(2)
  expect(critical.stdout).toMatch(/^✗ critical\s+session\.user_banned\s+1 /m)

  // What is certain weighs more than what could not be seen, and that more than a warning.
  const gone = changed(database.url, (url) => {
    url.port = '1'
  })
  const options = { config: twoDatabases, env: { ...env, OTHER_URL: gone } }
  expect((await authwatch(['check'], options)).code).toBe(2)
  expect((await authwatch(['check', 'user'], options)).code).toBe(3)
})

test.concurrent('check runs one check, one subject, and nothing that it does not know', async () => {
  await using database = await healthyDatabase()
  const env = envOf(database)
  const one = await authwatch(['check', 'user.population'], { env })
  expect(one).toMatchObject({ code: 0 })
  expect(one.stdout.match(/^✓ pass/gm)).toHaveLength(1)

  const subject = await authwatch(['check', 'session'], { env })
  const ids = [...subject.stdout.matchAll(/^✓ pass\s+(\S+)/gm)].map(([, id]) => id)
  expect(ids.length).toBeGreaterThan(1)
  expect(ids.every((id) => id?.startsWith('session.'))).toBe(true)

  const unknown = await authwatch(['check', 'user.population', 'nope'], { env })
  expect(unknown).toMatchObject({ code: 64, stdout: '' })
  expect(unknown.stderr).toBe('authwatch: no such check: nope; `authwatch list` shows them\n')
})

test.concurrent('check runs a probe that is named, on every server, and says so when there is none', async () => {
  // No check of the database is asked for, so it is not looked for.
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const servers = [{ name: 'crm-a', url: `http://127.0.0.1:${await freePort()}` }]
  const looked = await authwatch(['check', 'server.not_answering'], { env, config: { servers } })
  expect(looked).toMatchObject({ code: 2, stderr: '' })
  expect(looked.stdout).toMatch(/^✗ critical\s+server\.not_answering\s+1 /m)
  expect(looked.stdout).toMatch(/reason=connection_refused/)

  const nowhere = await authwatch(['check', 'server.not_answering'], { env })
  expect(nowhere).toMatchObject({ code: 64, stdout: '' })
  expect(nowhere.stderr).toBe('authwatch: no servers are configured; list them under `servers`\n')
})

test.concurrent('check --json is one document with a result for each check', async () => {
  await using database = await healthyDatabase()
  await database.insert('account', { password: null })
  const { code, stdout, stderr } = await authwatch(['check', '--json'], { env: envOf(database) })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const { results } = JSON.parse(stdout)
  expect(results).toHaveLength(checks.length)
  expect(results.filter((result: { verdict: { state: string } }) => result.verdict.state === 'fail')).toEqual(
    [
      expect.objectContaining({
        check: 'user.credential_without_password',
        target: 'app',
        verdict: expect.objectContaining({ severity: 'warning', values: { offenders: 1 } }),
      }),
    ],
  )
})

test.concurrent('a database that cannot be looked at is said once, with the reason and without the password', async () => {
  await using database = await healthyDatabase()
  await using empty = await stateDatabase()
  const port = String(await freePort())
  const cases = [
    [changed(database.url, () => {}), 'the password in the URL was refused'],
    [
      changed(database.url, (url) => {
        url.port = port
      }),
      'the database cannot be reached (ECONNREFUSED)',
    ],
    [empty.url, 'found no better-auth tables'],
  ] as const
  for (const [url, reason] of cases) {
    const { code, stdout, output } = await authwatch(['check'], { env: { DATABASE_URL: url } })
    expect(code).toBe(3)
    expect(stdout.split(reason), stdout).toHaveLength(2)
    expect(stdout).toContain(`none of ${checks.length} checks could look at app`)
    expect(output).not.toContain(SECRET)
    expect(output).not.toContain(new URL(url).password)
  }
})

test.concurrent('a database that hangs is given up in time', async () => {
  await using server = await ownServer(['app'])
  const env = { DATABASE_URL: server.url('app') }
  expect((await authwatch(['check', 'schema'], { env })).stdout).toContain('found no better-auth tables')

  await server.pause()
  for (const command of [['check', 'schema'], ['grants']]) {
    const began = performance.now()
    const { code, output } = await authwatch(command, { env })
    expect(code).toBe(3)
    expect(output).toContain('the database did not answer in time')
    // Five seconds to connect; the rest is for a machine that is busy.
    expect(performance.now() - began).toBeLessThan(20_000)
  }
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
