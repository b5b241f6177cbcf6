import { expect, test } from 'vitest'
import { columnsOf, type Table, tableNames } from '../../src/catalogue/tables.ts'
import { expiredBacklog } from '../../src/checks/session/expired-backlog.ts'
import type { Names } from '../../src/database/names.ts'
import { watch } from '../run/watch.ts'
import { type Naming, type TestDatabase, testDatabase } from '../support/database.ts'
import { NAMINGS, SCHEMAS } from '../support/schemas/index.ts'

/** What each naming lacks of the columns that its tables could have. */
const ABSENT: Readonly<Record<Naming, readonly string[]>> = {
  camelCase: ['apiKey.revoked'],
  snakeCase: [],
  prismaPascal: ['apiKey.revoked'],
  olderApiKey: [
    'apiKey.configId',
    'apiKey.revoked',
    'jwks.alg',
    'jwks.crv',
    'twoFactor.failedVerificationCount',
    'twoFactor.lockedUntil',
    'twoFactor.verified',
  ],
  noApiKey: [],
  noOrganization: ['apiKey.revoked', 'session.activeOrganizationId'],
  otherSchema: ['apiKey.revoked'],
}

function tablesOf(naming: Naming): readonly Table[] {
  return tableNames.filter((table) => SCHEMAS[naming].tables[table] !== undefined)
}

/** Every column of the model, as the naming spells it. */
function spelled(naming: Naming): Readonly<Record<string, string>> {
  const absent = new Set(ABSENT[naming])
  const columns = tablesOf(naming).flatMap((table) =>
    columnsOf(table).map(({ name }) => [`${table}.${name}`, SCHEMAS[naming].column(table, name)] as const),
  )
  return Object.fromEntries(columns.filter(([logical]) => !absent.has(logical)))
}

function resolved({ tables }: Names): Readonly<Record<string, string>> {
  const columns = [...tables].flatMap(([table, found]) =>
    [...found.columns].map(([name, column]) => [`${table}.${name}`, column.name] as const),
  )
  return Object.fromEntries(columns)
}

function tableNamesIn({ tables }: Names): Readonly<Record<string, string>> {
  return Object.fromEntries([...tables].map(([table, { schema, name }]) => [table, `${schema}.${name}`]))
}

async function namesOf(db: TestDatabase): Promise<Names> {
  await using watched = watch(db.url)
  return await watched.names()
}

/** Tables like those of `public`, without rows, in another schema. */
async function copyTables(db: TestDatabase, schema: string): Promise<void> {
  await db.query(`create schema "${schema}"`)
  for (const table of Object.values(SCHEMAS[db.naming].tables)) {
    await db.query(`create table "${schema}"."${table}" (like public."${table}" including all)`)
  }
}

test.each(NAMINGS)('finds every table and column of %s', async (naming) => {
  await using db = await testDatabase(naming)
  const names = await namesOf(db)
  const { postgresSchema, tables } = SCHEMAS[naming]
  expect(names.schema).toBe(postgresSchema)
  expect(tableNamesIn(names)).toEqual(
    Object.fromEntries(Object.entries(tables).map(([table, name]) => [table, `${postgresSchema}.${name}`])),
  )
  expect(resolved(names)).toEqual(spelled(naming))
})

test('finds the tables in a schema that is not on the search path', async () => {
  await using db = await testDatabase('otherSchema')
  expect(await db.query('show search_path')).toEqual([{ search_path: '"$user", public' }])
  await using watched = watch(db.url)
  expect((await watched.verdict(expiredBacklog)).state).toBe('pass')
  await db.insert('session', { expiresAt: new Date(Date.now() - 1_000) })
  expect(await watched.verdict(expiredBacklog)).toMatchObject({ values: { offenders: 1 } })
})

test('takes names that nobody could guess from the configuration', async () => {
  await using db = await testDatabase('camelCase')
  await db.insert('session', { expiresAt: new Date(Date.now() - 1_000) })
  await db.query('alter table session rename to "Kunden Sitzung"')
  await db.query('alter table "Kunden Sitzung" rename column "expiresAt" to "läuft ""bald"" ab"')
  await db.query('alter table "user" rename to "Über_Kunde"')

  await using unaware = watch(db.url)
  expect(await unaware.verdict(expiredBacklog)).toMatchObject({ state: 'error', code: 'ERR_SCHEMA' })

  await using aware = watch(db.url, {
    overrides: {
      tables: { user: 'Über_Kunde', session: 'Kunden Sitzung' },
      columns: { session: { expiresAt: 'läuft "bald" ab' } },
    },
  })
  expect(await aware.verdict(expiredBacklog)).toMatchObject({ state: 'pass', values: { offenders: 1 } })
  const { tables } = await aware.names()
  expect(tables.get('user')?.name).toBe('Über_Kunde')
  expect(tables.get('session')?.columns.get('expiresAt')?.name).toBe('läuft "bald" ab')
  expect(tables.get('session')?.columns.get('userId')?.name).toBe('userId')
})

test('of two schemas that both hold the tables, the search path decides, or nobody does', async () => {
  await using db = await testDatabase('camelCase')
  await copyTables(db, 'Tenant B')
  expect((await namesOf(db)).schema).toBe('public')

  await db.query(`alter database "${db.name}" set search_path to "Tenant B", public`)
  expect((await namesOf(db)).schema).toBe('Tenant B')

  await db.query(`alter database "${db.name}" set search_path to elsewhere`)
  await expect(namesOf(db)).rejects.toMatchObject({ code: 'ERR_SCHEMA' })
  await expect(namesOf(db)).rejects.toThrow(/public.*Tenant B|Tenant B.*public/)

  await using configured = watch(db.url, { overrides: { schema: 'Tenant B' } })
  expect((await configured.names()).schema).toBe('Tenant B')
  await using asPrisma = watch(`${db.url}?schema=public`)
  expect((await asPrisma.names()).schema).toBe('public')
})

test('a fuller copy off the search path is not taken silently for the original', async () => {
  await using db = await testDatabase('noApiKey')
  await copyTables(db, 'next')
  expect((await namesOf(db)).schema).toBe('public')
  await db.query('create table next.apikey (id text, key text, "referenceId" text, enabled boolean)')
  await expect(namesOf(db)).rejects.toMatchObject({ code: 'ERR_SCHEMA' })
  await expect(namesOf(db)).rejects.toThrow('next, public')

  await db.query(`alter database "${db.name}" set search_path to next`)
  expect((await namesOf(db)).schema).toBe('next')
})

test('many other schemas with the same tables do not hide the one on the search path', async () => {
  await using db = await testDatabase('camelCase')
  await db.query(`do $$
    declare original record;
    begin
      for n in 1..60 loop
        execute format('create schema customer_%s', n);
        for original in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
          execute format('create table customer_%s.%I (like public.%I)', n, original.relname, original.relname);
        end loop;
      end loop;
    end $$`)
  const names = await namesOf(db)
  expect(names.schema).toBe('public')
  expect(resolved(names)).toEqual(spelled('camelCase'))

  await using configured = watch(db.url, { overrides: { schema: 'customer_59' } })
  const others = await configured.names()
  expect(others.schema).toBe('customer_59')
  expect(resolved(others)).toEqual(spelled('camelCase'))
})

test('without its tables there is nothing to check, and the error says what to do', async () => {
  await using db = await testDatabase('otherSchema')
  expect((await namesOf(db)).schema).toBe('auth')
  await db.query('drop schema auth cascade')
  await using watched = watch(db.url)
  const verdict = await watched.verdict(expiredBacklog)
  expect(verdict).toMatchObject({ state: 'error', code: 'ERR_SCHEMA' })
  expect(verdict.state === 'error' && verdict.message).toContain('set `databases[].schema`')
})

const FOREIGN = {
  Laravel: `
    create table users (id bigint primary key, name text, email text, email_verified_at timestamp, password text,
                        remember_token text, created_at timestamp, updated_at timestamp);
    create table sessions (id text primary key, user_id bigint, ip_address text, user_agent text, payload text,
                           last_activity integer)`,
  'Auth.js': `
    create table users (id text primary key, name text, email text, "emailVerified" timestamptz, image text);
    create table sessions (id text primary key, "sessionToken" text, "userId" text, expires timestamptz);
    create table accounts (id text primary key, "userId" text, type text, provider text, "providerAccountId" text)`,
  Lucia: `
    create table users (id text primary key, email text, password_hash text);
    create table sessions (id text primary key, user_id text, expires_at timestamptz)`,
}

test.each(Object.entries(FOREIGN))(
  'the users and sessions of %s are not taken for those of better-auth',
  async (_framework, tables) => {
    await using db = await testDatabase('camelCase')
    await db.query(tables)
    expect(tableNamesIn(await namesOf(db))).toMatchObject({ user: 'public.user', session: 'public.session' })

    for (const own of Object.values(SCHEMAS.camelCase.tables)) await db.query(`drop table "${own}" cascade`)
    await expect(namesOf(db)).rejects.toMatchObject({ code: 'ERR_SCHEMA' })
  },
)
