import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { migrate } from '../../src/results/migrate.ts'
import { openState } from '../../src/results/open-state.ts'
import { readMigrations } from '../../src/results/read-migrations.ts'
import { stateAddress } from '../../src/results/state-address.ts'
import { administer } from '../support/bench-server.ts'
import { passed } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const TABLES = [
  '_prisma_migrations',
  'auth_event_counter',
  'auth_event_distinct',
  'auth_event_duration',
  'auth_event_server',
  'check_result',
  'check_run',
  'check_run_total',
  'finding',
  'ingest_source',
  'run_lease',
  'waiver',
]
const MIGRATIONS = ['20261123000000_init', '20261123010000_events', '20261123020000_waivers']

const tablesIn = `select table_name as name from information_schema.tables where table_schema = $1 order by 1`

test('an empty database gets every table in the schema authwatch, and the second time nothing', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)

  expect(await migrate(address)).toEqual(MIGRATIONS)
  expect((await database.query(tablesIn, ['authwatch'])).map(({ name }) => name)).toEqual(TABLES)
  expect(await database.query(tablesIn, ['public'])).toEqual([])

  expect(await migrate(address)).toEqual([])
})

test('the ledger says what Prisma would have written', async () => {
  await using database = await stateDatabase()
  await migrate(stateAddress(database.url))
  const file = await readFile('prisma/migrations/20261123000000_init/migration.sql')

  const rows = await database.query(`
    select id ~ '^[0-9a-f-]{36}$' as uuid, checksum, finished_at >= started_at as finished, migration_name,
           logs, rolled_back_at, applied_steps_count
    from _prisma_migrations order by started_at limit 1`)
  const checksum = createHash('sha256').update(file).digest('hex')
  expect(rows).toEqual([
    {
      uuid: true,
      checksum,
      finished: true,
      migration_name: '20261123000000_init',
      logs: null,
      rolled_back_at: null,
      applied_steps_count: 1,
    },
  ])
})

test('of four workers that start at once, one migrates and the others wait for it', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(address)))
  expect(applied.flat().toSorted()).toEqual(MIGRATIONS)
  expect(await database.query('select count(*)::int as n from _prisma_migrations')).toEqual([
    { n: MIGRATIONS.length },
  ])
})

test('a schema named in the URL is used, and another one beside it is left alone', async () => {
  await using database = await stateDatabase()
  const url = new URL(database.url)
  url.searchParams.set('schema', 'Watch_2')
  await using store = await openState({ url: url.href })
  await store.save([passed({ at: 1_760_000_000_000 })], { worker: 'one' })

  expect((await database.query(tablesIn, ['Watch_2'])).map(({ name }) => name)).toEqual(TABLES)
  expect(await database.query(tablesIn, ['authwatch'])).toEqual([])
  expect((await store.changesSince(0n)).results).toHaveLength(1)
  expect(await store.claimedSince(new Date(0))).toEqual([])
})

test('a role that may not create anything can work with a schema that is up to date', async () => {
  await using database = await stateDatabase()
  await migrate(stateAddress(database.url))
  const role = `${database.name}_worker`
  const server = inject('benchServer')
  await administer(server, [`create role ${role} login password 'worker'`])
  try {
    await database.query(`grant usage on schema authwatch to ${role}`)
    await database.query(`grant select, insert, update, delete on all tables in schema authwatch to ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'worker'
    await using store = await openState({ url: url.href })
    await store.save([passed({ at: 1_760_000_000_000 })], { worker: 'one' })
    expect((await store.changesSince(0n)).results).toHaveLength(1)
  } finally {
    await database.query(`drop owned by ${role}`)
    await administer(server, [`drop role ${role}`])
  }
})

test('a database that a newer authwatch migrated is refused', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)
  await migrate(address)
  await database.query(`
    insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
    values ('later', 'abc', '20991231000000_later', now(), 1)`)
  await expect(migrate(address)).rejects.toMatchObject({ name: 'StateError', code: 'ERR_STATE_NEWER' })

  await database.query(`update _prisma_migrations set rolled_back_at = now() where id = 'later'`)
  expect(await migrate(address)).toEqual([])
})

test('a migration that is not the one that was applied is refused', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)
  await migrate(address)
  await database.query(`update _prisma_migrations set checksum = repeat('0', 64)`)
  await expect(migrate(address)).rejects.toMatchObject({ code: 'ERR_STATE_CHECKSUM' })
})

test('a migration that failed half-way is refused until it is resolved', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)
  await migrate(address)
  await database.query(`update _prisma_migrations set finished_at = null, applied_steps_count = 0`)
  await expect(migrate(address)).rejects.toMatchObject({ code: 'ERR_STATE_FAILED_MIGRATION' })
})

test('a migration that cannot be applied leaves nothing behind', async () => {
  await using database = await stateDatabase()
  const address = stateAddress(database.url)
  await database.query('create schema authwatch')
  // In the way of the last table of the migration.
  await database.query('create table authwatch.waiver (id int)')
  const refusal = expect(migrate(address)).rejects
  await refusal.toMatchObject({
    code: 'ERR_STATE_QUERY',
    message: expect.stringContaining('20261123000000_init was undone'),
  })
  expect((await database.query(tablesIn, ['authwatch'])).map(({ name }) => name)).toEqual(['waiver'])

  await database.query('drop table waiver')
  expect(await migrate(address)).toEqual(MIGRATIONS)
})

test('a worker waits while `prisma migrate` holds its lock', async () => {
  await using database = await stateDatabase()
  const prisma = new pg.Client({ connectionString: database.url })
  await prisma.connect()
  await prisma.query('select pg_advisory_lock(72707369)')
  let done = false
  const migrating = migrate(stateAddress(database.url)).finally(() => {
    done = true
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(done).toBe(false)
  await prisma.end()
  expect(await migrating).toEqual(MIGRATIONS)
})

test('the migrations are in the order of their names', async () => {
  const names = (await readMigrations()).map(({ name }) => name)
  expect(names.length).toBeGreaterThan(0)
  expect(names).toEqual(names.toSorted())
})

test('a URL that is not of PostgreSQL is refused without repeating it', () => {
  for (const url of ['', 'mysql://root:hunter2@localhost/db', 'postgres://h/db?schema=a%22b']) {
    const attempt = () => stateAddress(url)
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_STATE_URL' }))
    expect(attempt).not.toThrow(/hunter2/)
  }
})
