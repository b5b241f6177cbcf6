import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, test } from 'vitest'
import { columnsOf, tableNames } from '../../src/catalogue/tables.ts'
import { storedInClear } from '../../src/checks/api-key/stored-in-clear.ts'
import { checks } from '../../src/checks/index.ts'
import { grantsSql } from '../../src/database/grants.ts'
import type { NameOverrides } from '../../src/database/names.ts'
import { faultyRows, healthyApplication } from '../run/application.ts'
import { watch } from '../run/watch.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { NAMINGS, SCHEMAS } from '../support/schemas/index.ts'

const now = new Date('2026-11-23T12:00:00Z')

interface Granted extends AsyncDisposable {
  readonly url: string
  /** Prints the SQL for the tables as they are now and runs it, as an operator does after a migration. */
  again(): Promise<void>
}

/** A role made by the SQL that authwatch prints, run as its owner would run it with psql. */
async function granted(db: TestDatabase, overrides: NameOverrides = {}): Promise<Granted> {
  const role = `watcher of "${db.name}"`
  const password = randomBytes(12).toString('base64url')
  const again = async () => {
    await using owner = watch(db.url, { overrides })
    const printed = grantsSql(await owner.names(), { role, viewSchema: 'authwatch' })
    // psql's own two pieces: the question for the password, and the answer in its place.
    const statements = printed
      .replace(/^\\prompt .*$/m, '')
      .replaceAll(":'authwatch_password'", pg.escapeLiteral(password))
    expect(statements).not.toMatch(/^\\|:'/m)
    await db.query(statements)
  }
  await again()
  const url = new URL(db.url)
  url.username = encodeURIComponent(role)
  url.password = password
  const drop = async () => {
    await db.query(`drop owned by ${pg.escapeIdentifier(role)}; drop role ${pg.escapeIdentifier(role)}`)
  }
  return { url: url.href, again, [Symbol.asyncDispose]: drop }
}

async function connected(url: string): Promise<{ readonly client: pg.Client } & AsyncDisposable> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  })
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

test.each(NAMINGS)(
  'on the views every check comes to the same verdict as on the tables (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now })
    await using role = await granted(db)
    await using owner = watch(db.url, { asOf: now })
    await using reader = watch(role.url, { asOf: now })
    expect(await reader.verdicts(checks)).toEqual(await owner.verdicts(checks))
    const { tables } = await reader.names()
    expect([...tables.values()].map(({ schema, isTable }) => ({ schema, isTable }))).toEqual(
      [...tables].map(() => ({ schema: 'authwatch', isTable: false })),
    )

    await healthyApplication(db, now)
    await faultyRows(db, now)
    const onTables = await owner.verdicts(checks)
    expect([...onTables.values()].filter(({ state }) => state === 'fail').length).toBeGreaterThan(4)
    expect(await reader.verdicts(checks)).toEqual(onTables)
  },
)

test.each(NAMINGS)('the role can read no secret and no table (%s)', async (naming) => {
  await using db = await testDatabase(naming, { now })
  await using role = await granted(db)
  await using reader = await connected(role.url)
  for (const table of tableNames.filter((each) => SCHEMAS[naming].tables[each] !== undefined)) {
    const physical = db.physical(table)
    const view = `authwatch.${pg.escapeIdentifier(SCHEMAS[naming].tables[table] ?? '')}`
    await reader.client.query(`select * from ${view}`)
    await expect(reader.client.query(`select 1 from ${physical.table}`)).rejects.toMatchObject({
      code: '42501',
    })
    for (const { name } of columnsOf(table).filter(({ privacy }) => privacy === 'secret')) {
      const secret = physical.column(name)
      await expect(reader.client.query(`select ${secret} from ${physical.table}`)).rejects.toMatchObject({
        code: '42501',
      })
      await expect(reader.client.query(`select ${secret} from ${view}`)).rejects.toMatchObject({
        code: '42703',
      })
    }
  }
  await expect(reader.client.query('create table t (i int)')).rejects.toThrow()
  const writable = 'begin read write; delete from authwatch.session'
  await expect(
    reader.client.query(
      writable.replace('session', pg.escapeIdentifier(SCHEMAS[naming].tables.session ?? '')),
    ),
  ).rejects.toMatchObject({ code: '42501' })
})

test('nothing in the views tells a code sent by e-mail or a token that resets a password', async () => {
  await using db = await testDatabase()
  const code = '481516:0'
  const token = 'Zt7cYw1nUoQe5aRkLxv0BgHs'
  await db.insert('verification', { value: code, identifier: `reset-password:${token}` })
  await using role = await granted(db)
  await using reader = await connected(role.url)
  // Who knows a hash of six digits knows the digits.
  const hashes = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(code).digest('hex'))
  const { rows } = await reader.client.query('select * from authwatch.verification')
  expect(rows).toHaveLength(1)
  for (const known of [code, token, ...hashes]) expect(JSON.stringify(rows)).not.toContain(known)
})

test('after a migration the printed SQL can be run again, and the new column is there', async () => {
  await using db = await testDatabase('camelCase')
  await using role = await granted(db)
  await using reader = await connected(role.url)
  const revoked = 'select revoked from authwatch.apikey'
  await expect(reader.client.query(revoked)).rejects.toMatchObject({ code: '42703' })
  await db.query('alter table apikey add column revoked boolean')
  await role.again()
  await reader.client.query(revoked)

  // What the printed SQL says about a migration that the views would stop.
  await expect(db.query('alter table apikey drop column revoked')).rejects.toMatchObject({ code: '2BP01' })
  await db.query('drop schema authwatch cascade; alter table apikey drop column revoked')
  await role.again()
  await using watched = watch(role.url)
  expect(await watched.verdict(storedInClear)).toMatchObject({ state: 'pass' })
})

test('names from the configuration hold for the views too', async () => {
  await using db = await testDatabase('camelCase')
  await db.insert('apiKey')
  await db.query('alter table apikey rename to "Schlüssel Bund"')
  await db.query('alter table "Schlüssel Bund" rename column key to "geheimer ""Wert"""')
  const overrides = {
    tables: { apiKey: 'Schlüssel Bund' },
    columns: { apiKey: { key: 'geheimer "Wert"' } },
  }
  await using role = await granted(db, overrides)
  await using watched = watch(role.url, { overrides })
  expect(await watched.verdict(storedInClear)).toMatchObject({ state: 'pass', values: { offenders: 0 } })
  await db.query(`update "Schlüssel Bund" set "geheimer ""Wert""" = 'in clear'`)
  expect(await watched.verdict(storedInClear)).toMatchObject({ state: 'fail', values: { offenders: 1 } })
})
