import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { columnsOf, tableNames } from '../../src/catalogue/tables.ts'
import { checks } from '../../src/checks/index.ts'
import { expiredBacklog } from '../../src/checks/session/expired-backlog.ts'
import { population } from '../../src/checks/session/population.ts'
import { userMissing } from '../../src/checks/session/user-missing.ts'
import { sql } from '../../src/database/sql.ts'
import { administer } from '../support/bench-server.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { aggregating, measuring, sleeping, sleepingAlone } from './own-checks.ts'
import { outcome, outcomes, watch } from './watch.ts'

const quick = measuring('test.quick', sql`select 1 as "measured"`, '1s')
const MINUTE = 60_000

/** What every check of the catalogue should come to, by its id. */
function everyCheck(expected: (id: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ id }) => [id, expected(id)]))
}

async function endSessionsOf(db: TestDatabase): Promise<number> {
  const ended = await db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'authwatch' and datname = current_database()`,
  )
  return ended.length
}

/** Waits until a statement of authwatch in this database matches; fails after five seconds. */
async function untilRunning(db: TestDatabase, fragment: string): Promise<void> {
  for (const end = Date.now() + 5_000; Date.now() < end; await sleep(20)) {
    const running = await db.query(
      `select 1 from pg_stat_activity where application_name = 'authwatch' and datname = current_database()
          and state = 'active' and position($1 in query) > 0`,
      [fragment],
    )
    if (running.length > 0) return
  }
  throw new Error(`no statement with ${fragment} began`)
}

test('a wrong password is an error of credentials until the right one is back', async () => {
  await using db = await testDatabase()
  const url = new URL(await db.readOnlyUrl())
  const role = pg.escapeIdentifier(url.username)
  await using watched = watch(url.href)
  expect(outcome(await watched.verdict(quick))).toBe('pass')

  await db.query(`alter role ${role} password 'another'`)
  await endSessionsOf(db)
  await expect.poll(async () => outcome(await watched.verdict(quick))).toBe('ERR_CREDENTIALS')
  const verdict = await watched.verdict(quick)
  expect(JSON.stringify(verdict)).not.toContain(url.password)

  await db.query(`alter role ${role} password ${pg.escapeLiteral(url.password)}`)
  expect(outcome(await watched.verdict(quick))).toBe('pass')
})

test('a database that does not exist is an error of credentials until it does', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  expect(outcome(await watched.verdict(quick))).toBe('pass')
  const server = inject('benchServer')
  const [name, elsewhere] = [pg.escapeIdentifier(db.name), pg.escapeIdentifier(`${db.name}_away`)]
  const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${db.name}'`
  await administer(server, [end, `alter database ${name} rename to ${elsewhere}`])
  await expect.poll(async () => outcome(await watched.verdict(quick))).toBe('ERR_CREDENTIALS')
  expect(await watched.verdict(quick)).toMatchObject({
    message: 'the database named in the URL does not exist',
  })
  await administer(server, [`alter database ${elsewhere} rename to ${name}`])
  expect(outcome(await watched.verdict(quick))).toBe('pass')
})

test('a table that may not be read costs only the checks that need it', async () => {
  await using db = await testDatabase()
  const url = await db.readOnlyUrl()
  const role = pg.escapeIdentifier(new URL(url).username)
  let now = Date.now()
  await using watched = watch(url, { clock: () => now })
  expect(outcomes(await watched.verdicts(checks))).toEqual(everyCheck(() => 'pass'))

  const withoutKeys = everyCheck((id) => (id.startsWith('api_key.') ? 'ERR_PERMISSION' : 'pass'))
  await db.query(`revoke select on apikey from ${role}`)
  // First the statements fail, and once the rights are read again, none is sent.
  expect(outcomes(await watched.verdicts(checks))).toEqual(withoutKeys)
  now += MINUTE
  expect(outcomes(await watched.verdicts(checks))).toEqual(withoutKeys)

  await db.query(`grant select on apikey to ${role}`)
  now += MINUTE
  expect(outcomes(await watched.verdicts(checks))).toEqual(everyCheck(() => 'pass'))
})

test('rights on all columns but the secret ones suffice for every check that needs no secret', async () => {
  await using db = await testDatabase()
  const url = await db.readOnlyUrl()
  const role = pg.escapeIdentifier(new URL(url).username)
  for (const table of tableNames) {
    const physical = db.physical(table)
    const open = columnsOf(table).filter(({ name, privacy }) => privacy !== 'secret' && name !== 'revoked')
    const columns = open.map(({ name }) => physical.column(name)).join(', ')
    await db.query(`revoke select on ${physical.table} from ${role}`)
    await db.query(`grant select (${columns}) on ${physical.table} to ${role}`)
  }
  await using watched = watch(url)
  const needSecret = ['api_key.duplicate_key', 'api_key.stored_in_clear', 'user.credential_without_password']
  const expected = everyCheck((id) => (needSecret.includes(id) ? 'ERR_PERMISSION' : 'pass'))
  expect(outcomes(await watched.verdicts(checks))).toEqual(expected)
})

test('a lock held on a table is reported within about a second, and the other tables are judged', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  expect(outcomes(await watched.verdicts(checks))).toEqual(everyCheck(() => 'pass'))

  const holder = new pg.Client({ connectionString: db.url })
  await holder.connect()
  try {
    await holder.query('begin; lock table session in access exclusive mode')
    const results = await watched.results(checks)
    const verdicts = new Map(results.map(({ check, verdict }) => [check, verdict]))
    expect(outcomes(verdicts)).toEqual(
      everyCheck((id) => (id.startsWith('session.') ? 'ERR_LOCKED' : 'pass')),
    )
    const [alone] = await watched.results([userMissing])
    expect(alone?.durationMs).toBeGreaterThan(900)
    expect(alone?.durationMs).toBeLessThan(2_500)
    await holder.query('rollback')
  } finally {
    await holder.end()
  }
  expect(outcomes(await watched.verdicts(checks))).toEqual(everyCheck(() => 'pass'))
})

test('a statement that takes too long is stopped by the server at the time limit of its check', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  const slow = sleeping('test.slow', 3, '1s')
  expect(await watched.verdict(slow)).toEqual({ state: 'pass', values: { measured: 0 } })

  await db.insert('session')
  const [result] = await watched.results([slow])
  expect(result?.verdict).toMatchObject({ state: 'error', code: 'ERR_TIMEOUT' })
  expect(result?.durationMs).toBeGreaterThan(900)
  expect(result?.durationMs).toBeLessThan(2_500)
  const running = `select 1 from pg_stat_activity where query like '%pg_sleep%' and state = 'active'
      and datname = current_database() and pid <> pg_backend_pid()`
  expect(await db.query(running)).toEqual([])

  await db.query('delete from session')
  expect(await watched.verdict(slow)).toMatchObject({ state: 'pass' })
})

test('a connection that is ended in the middle is an error once, and the next run connects again', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  expect(outcome(await watched.verdict(quick))).toBe('pass')
  const underWay = watched.verdict(sleepingAlone('test.long', 20, '10s'))
  await untilRunning(db, 'pg_sleep')
  expect(await endSessionsOf(db)).toBeGreaterThan(0)
  expect(await underWay).toMatchObject({ state: 'error', code: 'ERR_UNREACHABLE' })
  expect(outcome(await watched.verdict(quick))).toBe('pass')
})

test('a column that is renamed under a running worker costs one run at most', async () => {
  await using db = await testDatabase()
  let now = Date.now()
  await using watched = watch(db.url, { clock: () => now })
  const watchedChecks = [expiredBacklog, population, userMissing]
  const all = (state: string) => Object.fromEntries(watchedChecks.map(({ id }) => [id, state]))
  const run = async () => outcomes(await watched.verdicts(watchedChecks))
  expect(await run()).toEqual(all('pass'))

  // To another spelling that is known, as when an application adopts snake case.
  await db.query('alter table session rename column "expiresAt" to expires_at')
  const during = Object.values(await run())
  expect(during.filter((each) => each !== 'pass' && each !== 'ERR_SCHEMA')).toEqual([])
  expect(await run()).toEqual(all('pass'))

  // To a name that means nothing to us.
  await db.query('alter table session rename column expires_at to ablauf')
  await run()
  expect(await run()).toEqual(all('skipped'))

  await db.query('alter table session rename column ablauf to "expiresAt"')
  now += 2 * MINUTE
  expect(await run()).toEqual(all('pass'))
})

test('when one check breaks the statement it shares, it alone is blamed', async () => {
  await using db = await testDatabase()
  await db.insert('session')
  await using watched = watch(db.url)
  // Divides by the number of sessions that have expired.
  const expired = sql`count(*) filter (where t."expiresAt" <= now())`
  const breaking = aggregating('test.breaking', sql`1 / nullif(${expired}, 1)`)
  const both = [expiredBacklog, population, aggregating('test.sound', sql`count(*)`)]
  const healthy = await watched.verdicts(both)
  expect(outcomes(healthy)).toEqual({
    'session.expired_backlog': 'pass',
    'session.population': 'pass',
    'test.sound': 'pass',
  })

  const broken = await watched.verdicts([...both, breaking])
  expect(broken.get('test.breaking')).toMatchObject({ state: 'error', code: 'ERR_QUERY' })
  for (const { id } of both) expect(broken.get(id)).toEqual(healthy.get(id))

  await db.insert('session', { expiresAt: new Date(Date.now() - MINUTE) })
  const recovered = await watched.verdicts([...both, breaking])
  expect(recovered.get('test.breaking')).toEqual({ state: 'pass', values: { measured: null } })
})
