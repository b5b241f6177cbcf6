import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 180_000 })

/** A role that may delete sessions and nothing else, as an operator would make one; removed with the database. */
async function writerUrl(db: TestDatabase): Promise<{ readonly url: string } & AsyncDisposable> {
  const name = `writer_${randomBytes(6).toString('hex')}`
  const password = randomBytes(12).toString('hex')
  const { table } = db.physical('session')
  await db.query(`create role ${name} login password '${password}'`)
  await db.query(`grant select on all tables in schema public to ${name}`)
  await db.query(`grant delete on ${table} to ${name}`)
  const url = new URL(db.url)
  url.username = name
  url.password = password
  const drop = async () => {
    await db.query(`drop owned by ${name}`)
    await db.query(`drop role ${name}`)
  }
  return { url: url.href, [Symbol.asyncDispose]: drop }
}

test.concurrent('fix shows the SQL, and changes rows only through a URL of its own', async () => {
  await using db = await testDatabase('snakeCase')
  await using state = await stateDatabase()
  await using writer = await writerUrl(db)
  const userId = await db.insert('user', { banned: true })
  const keep = await db.insert('session')
  const live = [1, 2, 3, 4, 5].map(() => db.insert('session', { userId }))
  const [waived] = await Promise.all(live)
  const { table, column } = db.physical('session')
  const left = async () =>
    (await db.query<{ id: string }>(`select ${column('id')} as id from ${table}`))
      .map(({ id }) => id)
      .toSorted()

  const watching = { DATABASE_URL: await db.readOnlyUrl(), STATE_DATABASE_URL: state.url }
  const decision = ['--until', '1h', '--by', 'ada', '--reason', 'a test account']
  const named = ['--check', 'session.user_banned', '--row', waived ?? '']
  expect((await authwatch(['waive', ...named, ...decision], { env: watching })).code).toBe(0)

  const shown = await authwatch(['fix', 'session.user_banned', '--batch', '3'], { env: watching })
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toContain('-- "public"."session": 4 rows as of ')
  expect(shown.stdout).toContain('and 1 waived, left alone')
  expect(shown.stdout).toContain('In batches of 3 rows (now 2 of them): run it until it says DELETE 0.')
  expect(shown.stdout).toContain('delete from "public"."session"')
  expect(await left()).toHaveLength(6)
  const client = new pg.Client({ connectionString: writer.url })
  await client.connect()
  await client.query(shown.stdout).finally(() => client.end())
  expect(await left()).toHaveLength(3)

  const apply = ['fix', 'session.user_banned', '--apply', '--yes']
  const without = await authwatch(apply, { env: watching })
  expect(without).toMatchObject({ code: 64, stdout: '' })
  expect(without.stderr).toContain('FIX_DATABASE_URL')
  const same = await authwatch(apply, { env: { ...watching, FIX_DATABASE_URL: watching.DATABASE_URL } })
  expect(same).toMatchObject({ code: 78, stdout: '' })
  await using other = await testDatabase('snakeCase')
  const elsewhere = await authwatch(apply, { env: { ...watching, FIX_DATABASE_URL: other.url } })
  expect(elsewhere).toMatchObject({ code: 3, stdout: '' })
  expect(elsewhere.stderr).toContain('another database')
  const unasked = await authwatch(apply.slice(0, -1), { env: { ...watching, FIX_DATABASE_URL: writer.url } })
  expect(unasked).toMatchObject({ code: 64, stdout: '' })
  expect(await left()).toHaveLength(3)

  const env = { ...watching, FIX_DATABASE_URL: writer.url }
  const applied = await authwatch(apply, { env })
  expect(applied).toMatchObject({ code: 0 })
  expect(applied.stdout).toBe('✓ 1 row deleted from "public"."session"; 0 rows left (session.user_banned)\n')
  expect(await left()).toEqual([keep, waived].toSorted())
  const forbidden = await authwatch(['fix', 'api_key.owner_missing', '--apply', '--yes'], { env })
  expect(forbidden.code).toBe(0)
  await db.insert('apiKey', { referenceId: 'gone' })
  const refused = await authwatch(['fix', 'api_key.owner_missing', '--apply', '--yes'], { env })
  expect(refused).toMatchObject({ code: 3, stdout: '' })
  expect(refused.stderr).toContain('the role may not change this table')
})

test.concurrent('fix says what a person has to decide where no change is right for every row', async () => {
  await using db = await testDatabase()
  const env = { DATABASE_URL: db.url }
  const shown = await authwatch(['fix', 'organization.without_owner'], { env })
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toContain('Who is to own it?')
  expect(shown.stdout).toContain('alerts/README.md#authwatchorganizationwithoutowner')
  expect((await authwatch(['fix', 'nope'], { env })).code).toBe(64)
  expect((await authwatch(['fix', 'organization.without_owner', '--apply'], { env })).code).toBe(64)
})
