import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { expiredBacklog } from '../../src/checks/session/expired-backlog.ts'
import { DEFAULT_CONNECTIONS } from '../../src/database/connect.ts'
import { type Sql, sql } from '../../src/database/sql.ts'
import { faultyRows, healthyApplication } from '../run/application.ts'
import { aggregating, measuring } from '../run/own-checks.ts'
import { outcomes, watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'
import { NAMINGS } from '../support/schemas/index.ts'
import { databaseInTimeZone } from '../support/server-timezone.ts'
import { hotStandby } from '../support/standby.ts'

const now = new Date('2026-11-23T12:00:00Z')

const WRITES: Readonly<Record<string, Sql>> = {
  'an insert': sql`with added as (insert into public.verification (id, identifier, value, "expiresAt")
                     values ('x', 'x', 'x', now()) returning 1) select count(*) as "measured" from added`,
  'a delete': sql`with removed as (delete from public.session returning 1) select count(*) as "measured" from removed`,
  'a sequence': sql`select nextval('public.numbers') as "measured"`,
  'a large object': sql`select lo_create(4711) as "measured"`,
  'a lock on rows': sql`select 1 as "measured" from public.session for update`,
  'a way out of the transaction': sql`commit; drop table public.session; select 1 as "measured"`,
  'a way to make it writable': sql`select set_config('transaction_read_only', 'off', true)::int as "measured"`,
}

test.each(Object.entries(WRITES))(
  'a check that tries %s is refused and changes nothing',
  async (_what, write) => {
    await using db = await testDatabase()
    await db.query('create sequence numbers')
    await db.insert('session')
    await using watched = watch(db.url)
    expect((await watched.verdict(measuring('test.reads', sql`select 1 as "measured"`))).state).toBe('pass')

    const verdict = await watched.verdict(measuring('test.writes', write))
    expect(verdict).toMatchObject({ state: 'error', code: 'ERR_QUERY' })
    expect(await db.query('select count(*)::int as sessions from session')).toEqual([{ sessions: 1 }])
    expect(await db.query('select id from verification')).toEqual([])
    expect(await db.query('select is_called from numbers')).toEqual([{ is_called: false }])
    expect((await watched.verdict(expiredBacklog)).state).toBe('pass')
  },
)

test('writing in the statement that checks share is refused by name', async () => {
  await using db = await testDatabase()
  await db.query('create sequence numbers')
  await db.insert('session')
  await using watched = watch(db.url)
  const writing = aggregating('test.writes', sql`max(nextval('public.numbers'))`)
  const verdicts = await watched.verdicts([expiredBacklog, writing])
  expect(verdicts.get('session.expired_backlog')?.state).toBe('pass')
  expect(verdicts.get('test.writes')).toMatchObject({
    state: 'error',
    message: 'PostgreSQL answered SQLSTATE 25006',
  })
})

test('every transaction is read-only, one snapshot, in UTC, and says whose it is', async () => {
  await using db = await databaseInTimeZone('camelCase')
  await using watched = watch(`${await db.readOnlyUrl()}?application_name=shop`)
  const settings = await watched.target.database.transaction(3_000, async (reader) => {
    const [row] = await reader.query(sql`
      select current_setting('transaction_read_only') as "readOnly",
             current_setting('transaction_isolation') as isolation,
             current_setting('statement_timeout') as "statementTimeout",
             current_setting('lock_timeout') as "lockTimeout",
             current_setting('TimeZone') as "timeZone",
             current_setting('search_path') as "searchPath",
             current_setting('effective_io_concurrency') as "readAhead",
             current_setting('application_name') as name`)
    return row
  })
  expect(settings).toEqual({
    readOnly: 'on',
    isolation: 'repeatable read',
    statementTimeout: '3s',
    lockTimeout: '1s',
    timeZone: 'UTC',
    searchPath: 'pg_catalog',
    readAhead: '0',
    name: 'authwatch',
  })
})

test('twenty checks at once share three connections', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  const connections = sql`
    select count(*) as "measured" from pg_stat_activity, pg_sleep(0.1)
     where application_name = 'authwatch' and datname = current_database()`
  const many = Array.from({ length: 20 }, (_, n) => measuring(`test.number_${n}`, connections))
  const verdicts = [...(await watched.verdicts(many)).values()]
  const seen = verdicts.map((verdict) => (verdict.state === 'pass' ? verdict.values.measured : verdict))
  expect(seen).toHaveLength(20)
  expect(Math.max(...seen.map(Number))).toBe(DEFAULT_CONNECTIONS)
  expect(DEFAULT_CONNECTIONS).toBe(3)
})

test('every check runs on a hot standby and sees what the primary wrote', async () => {
  await using pair = await hotStandby()
  await using watched = watch(pair.url)
  await healthyApplication(pair.primary, new Date())
  await pair.caughtUp()
  const healthy = Object.fromEntries(checks.map(({ id }) => [id, 'pass']))
  expect(outcomes(await watched.verdicts(checks))).toEqual(healthy)

  await pair.primary.insert('session', { expiresAt: new Date(Date.now() - 1_000) })
  await pair.caughtUp()
  expect(await watched.verdict(expiredBacklog)).toMatchObject({ state: 'pass', values: { offenders: 1 } })
})

test.each(NAMINGS)('a role that may only select gets the verdicts of the owner (%s)', async (naming) => {
  await using db = await testDatabase(naming, { now })
  await healthyApplication(db, now)
  await faultyRows(db, now)
  await using owner = watch(db.url, { asOf: now })
  await using reader = watch(await db.readOnlyUrl(), { asOf: now })
  const expected = await owner.verdicts(checks)
  expect(new Set(Object.values(outcomes(expected)))).not.toContain('ERR_PERMISSION')
  expect(await reader.verdicts(checks)).toEqual(expected)
})

test.each(['prismaPascal', 'camelCase'] as const)(
  'a server in another time zone changes no number (%s)',
  async (naming) => {
    await using utc = await testDatabase(naming, { now })
    await using newYork = await testDatabase(naming, { now, settings: { TimeZone: 'America/New_York' } })
    expect(await newYork.query('show timezone')).toEqual([{ TimeZone: 'America/New_York' }])
    const judged = []
    for (const db of [utc, newYork]) {
      await healthyApplication(db, now)
      await faultyRows(db, now)
      await using watched = watch(db.url, { asOf: now })
      judged.push(await watched.verdicts(checks))
    }
    // Of the sessions around now three have expired: six hours, three hours and one hour ago.
    expect(judged[0]?.get('session.expired_backlog')).toMatchObject({ values: { offenders: 3 } })
    expect(judged[1]).toEqual(judged[0])
  },
)
