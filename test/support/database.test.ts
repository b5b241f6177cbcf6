import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { type LogicalTable, type Naming, type TestDatabase, testDatabase } from './database.ts'
import { authOptions } from './schemas/auth-options.ts'
import { NAMINGS, SCHEMAS } from './schemas/index.ts'
import { databaseInTimeZone } from './server-timezone.ts'
import { hotStandby } from './standby.ts'

const now = new Date('2026-03-01T12:00:00.000Z')
const DAY = 86_400_000

function tablesOf(naming: Naming): LogicalTable[] {
  return Object.keys(SCHEMAS[naming].tables).filter(
    (name): name is LogicalTable => name in SCHEMAS.camelCase.tables,
  )
}

async function value(db: TestDatabase, table: LogicalTable, id: string, logical: string): Promise<unknown> {
  const { table: from, column } = db.physical(table)
  const rows = await db.query<{ value: unknown }>(
    `select ${column(logical)} as value from ${from} where ${column('id')} = $1`,
    [id],
  )
  return rows[0]?.value
}

async function count(db: TestDatabase, table: LogicalTable): Promise<number> {
  const rows = await db.query<{ count: number }>(`select count(*)::int from ${db.physical(table).table}`)
  return rows[0]?.count ?? Number.NaN
}

describe.each(NAMINGS)('%s', (naming) => {
  test('takes one row in every table and gives it back', async () => {
    await using db = await testDatabase(naming, { now })
    for (const table of tablesOf(naming)) {
      expect(await count(db, table), table).toBe(0)
    }
    for (const table of tablesOf(naming)) {
      const id = await db.insert(table)
      expect(await value(db, table, id, 'id'), table).toBe(id)
    }
    const session = await db.insert('session', { expiresAt: new Date(now.getTime() + DAY) })
    expect(await value(db, 'session', session, 'expiresAt')).toEqual(new Date('2026-03-02T12:00:00.000Z'))
    expect(await value(db, 'session', session, 'createdAt')).toEqual(now)
    const limit = await db.insert('rateLimit', { lastRequest: now })
    expect(Number(await value(db, 'rateLimit', limit, 'lastRequest'))).toBe(now.getTime())
  })

  test('a reader may look at every table and change nothing', async () => {
    await using db = await testDatabase(naming)
    await db.insert('user')
    await using reader = await connect(await db.readOnlyUrl())
    for (const table of tablesOf(naming)) {
      await reader.client.query(`select * from ${db.physical(table).table}`)
    }
    const { table } = db.physical('user')
    await expect(reader.client.query(`delete from ${table}`)).rejects.toMatchObject({ code: '42501' })
    await expect(reader.client.query('create table t (i int)')).rejects.toMatchObject({ code: '42501' })
    await expect(reader.client.query('create temporary table t (i int)')).rejects.toMatchObject({
      code: '42501',
    })
    expect(await count(db, 'user')).toBe(1)
  })
})

describe('schemas', () => {
  test('the namings differ in the way they claim', async () => {
    await using pascal = await testDatabase('prismaPascal')
    expect(pascal.physical('apiKey').table).toBe('"public"."ApiKey"')
    expect(await typeOfExpiry(pascal, 'Session', 'expiresAt')).toBe('timestamp without time zone')

    await using snake = await testDatabase('snakeCase')
    expect(snake.physical('apiKey').table).toBe('"public"."api_key"')
    expect(snake.physical('session').column('activeOrganizationId')).toBe('"active_organization_id"')
    expect(await typeOfExpiry(snake, 'session', 'expires_at')).toBe('timestamp with time zone')
    const key = await snake.insert('apiKey', { revoked: true })
    expect(await value(snake, 'apiKey', key, 'revoked')).toBe(true)

    await using other = await testDatabase('otherSchema')
    expect(other.physical('user').table).toBe('"auth"."user"')
    expect(await other.query("select 1 from pg_tables where schemaname = 'public'")).toEqual([])
  })

  test('an API key of an older version belongs to a user, by foreign key', async () => {
    await using db = await testDatabase('olderApiKey')
    const user = await db.insert('user')
    const key = await db.insert('apiKey', { referenceId: user, configId: undefined })
    expect(await db.query('select id, "userId" from apikey')).toEqual([{ id: key, userId: user }])
    await expect(db.insert('apiKey', { configId: 'default' })).rejects.toThrow(
      'no column for apiKey.configId',
    )
    expect(await count(db, 'user')).toBe(1)
    await db.remove('user', user)
    expect(await count(db, 'apiKey')).toBe(0)
  })

  test('a table or column that a schema lacks is an error', async () => {
    await using noKeys = await testDatabase('noApiKey')
    await expect(noKeys.insert('apiKey')).rejects.toThrow('no table for apiKey')
    await using alone = await testDatabase('noOrganization')
    await expect(alone.insert('member')).rejects.toThrow('no table for member')
    await expect(alone.insert('session', { activeOrganizationId: 'o' })).rejects.toThrow(
      'no column for session',
    )
    expect(await count(alone, 'user')).toBe(0)
  })
})

describe('better-auth itself', () => {
  const namings = NAMINGS.filter((naming) => naming !== 'olderApiKey')

  test.each(namings)('finds nothing to migrate in %s, and signs a user up', async (naming) => {
    await using db = await testDatabase(naming)
    const searchPath = SCHEMAS[naming].postgresSchema
    const database = new pg.Pool({
      connectionString: db.url,
      max: 2,
      options: `-c search_path=${searchPath}`,
    })
    try {
      const secret = 'only-for-this-test-0123456789-abcdef'
      const options = { ...authOptions(naming), database, secret, baseURL: 'http://127.0.0.1' }
      const { toBeCreated, toBeAdded, toBeAddedIndexes } = await getMigrations(options)
      expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] })
      expect(toBeAddedIndexes, naming).toEqual([])
      const auth = betterAuth(options)
      const body = { email: 'a@example.test', password: 'correct horse battery', name: 'A' }
      const { user } = await auth.api.signUpEmail({ body })
      expect(await value(db, 'user', user.id, 'email')).toBe('a@example.test')
      expect(await count(db, 'session')).toBe(1)
    } finally {
      await database.end()
    }
  })
})

describe('rows', () => {
  test('what an insert does not name is made, and is healthy', async () => {
    await using db = await testDatabase()
    const session = await db.insert('session')
    expect(await db.query('select s.id from session s join "user" u on u.id = s."userId"')).toEqual([
      { id: session },
    ])
    const account = await db.insert('account')
    expect(await value(db, 'account', account, 'accountId')).toBe(
      await value(db, 'account', account, 'userId'),
    )
    const key = await db.insert('apiKey')
    expect(await value(db, 'apiKey', key, 'key')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(await value(db, 'apiKey', key, 'enabled')).toBe(true)
  })

  test('a row may point to nothing, which the foreign keys would not let happen', async () => {
    await using db = await testDatabase()
    const session = await db.insert('session', { userId: 'nobody' })
    expect(await value(db, 'session', session, 'userId')).toBe('nobody')
    await db.update('session', session, { userId: 'nobody else' })
    expect(await value(db, 'session', session, 'userId')).toBe('nobody else')
    await expect(db.query('update session set "userId" = $1', ['x'])).rejects.toMatchObject({ code: '23503' })
  })

  test('null is a value, and a row that is not there cannot be changed', async () => {
    await using db = await testDatabase()
    const key = await db.insert('apiKey', { enabled: null })
    expect(await value(db, 'apiKey', key, 'enabled')).toBeNull()
    await expect(db.insert('session', { token: null })).rejects.toMatchObject({ code: '23502' })
    await expect(db.update('user', 'nobody', { name: 'n' })).rejects.toThrow('no user with the id nobody')
    await expect(db.remove('user', 'nobody')).rejects.toThrow('no user with the id nobody')
  })
})

describe('databases', () => {
  test('many at once are separate, and gone with their readers when disposed', async () => {
    await using watcher = await testDatabase()
    const all = await Promise.all(Array.from({ length: 6 }, () => testDatabase('camelCase')))
    await all[0]?.insert('user')
    const counts = await Promise.all(all.map((db) => count(db, 'user')))
    expect(counts).toEqual([1, 0, 0, 0, 0, 0])
    await all[1]?.readOnlyUrl()
    for (const db of all) await db[Symbol.asyncDispose]()
    const names = all.map(({ name }) => name)
    expect(await watcher.query('select 1 from pg_database where datname = any($1)', [names])).toEqual([])
    const readers = names.map((name) => `reader_of_${name}`)
    expect(await watcher.query('select 1 from pg_roles where rolname = any($1)', [readers])).toEqual([])
  })

  test('in another time zone, now() misjudges a time without time zone', async () => {
    await using utc = await testDatabase('prismaPascal')
    await using newYork = await databaseInTimeZone()
    const judged =
      'select "expiresAt" < now() as naive, "expiresAt" at time zone \'utc\' < now() as right from "Session"'
    const expiresAt = new Date(Date.now() - 60 * 60_000)
    for (const db of [utc, newYork]) await db.insert('session', { expiresAt })
    expect(await utc.query(judged)).toEqual([{ naive: true, right: true }])
    expect(await newYork.query('show timezone')).toEqual([{ TimeZone: 'America/New_York' }])
    expect(await newYork.query(judged)).toEqual([{ naive: false, right: true }])
  })
})

test('a standby is in recovery, shows what the primary wrote, and refuses to write', async () => {
  await using pair = await hotStandby('snakeCase')
  const user = await pair.primary.insert('user')
  await pair.caughtUp()
  await using standby = await connect(pair.url)
  const read = async (sql: string) => (await standby.client.query(sql)).rows
  expect(await read('select pg_is_in_recovery() as recovering')).toEqual([{ recovering: true }])
  expect(await pair.primary.query('select pg_is_in_recovery() as recovering')).toEqual([
    { recovering: false },
  ])
  expect(await read('select id from "user"')).toEqual([{ id: user }])
  await expect(read('delete from "user"')).rejects.toMatchObject({ code: '25006' })
})

async function typeOfExpiry(db: TestDatabase, table: string, column: string): Promise<unknown> {
  const rows = await db.query<{ data_type: string }>(
    'select data_type from information_schema.columns where table_name = $1 and column_name = $2',
    [table, column],
  )
  return rows[0]?.data_type
}

async function connect(url: string): Promise<{ readonly client: pg.Client } & AsyncDisposable> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  })
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}
