import { expect, test } from 'vitest'
import { indexMissing } from '../../../src/checks/schema/index-missing.ts'
import { type LogicalTable, type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'
import { NAMINGS } from '../../support/schemas/index.ts'

const LOOKUPS: readonly (readonly [table: LogicalTable, column: string])[] = [
  ['account', 'userId'],
  ['apiKey', 'key'],
  ['apiKey', 'referenceId'],
  ['member', 'organizationId'],
  ['member', 'userId'],
  ['organization', 'slug'],
  ['session', 'token'],
  ['session', 'userId'],
  ['user', 'email'],
  ['verification', 'identifier'],
]

async function unindexed(db: TestDatabase): Promise<readonly string[]> {
  const verdict = await runCheck(indexMissing, db)
  return verdict.state === 'fail' ? verdict.findings.map(({ key }) => key).toSorted() : [verdict.state]
}

/** Drops every index and unique constraint but the primary keys. */
async function dropIndexes(db: TestDatabase): Promise<void> {
  const constraints = await db.query<{ statement: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
       from pg_constraint where contype = 'u' and connamespace = 'public'::regnamespace`,
  )
  for (const { statement } of constraints) await db.query(statement)
  const indexes = await db.query<{ statement: string }>(
    `select format('drop index %s', indexrelid::regclass) as statement
       from pg_index join pg_class c on c.oid = indexrelid
      where not indisprimary and c.relnamespace = 'public'::regnamespace`,
  )
  for (const { statement } of indexes) await db.query(statement)
}

test.each(NAMINGS)('finds every index in a database that better-auth migrated (%s)', async (naming) => {
  await using db = await testDatabase(naming)
  expect(await unindexed(db)).toEqual(['pass'])
})

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'names every lookup without an index, and none that got one (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    await dropIndexes(db)
    expect(await unindexed(db)).toEqual(LOOKUPS.map(([table, column]) => `${table}.${column}`))

    for (const [table, column] of LOOKUPS) {
      const found = db.physical(table)
      await db.query(`create index on ${found.table} (${found.column(column)})`)
    }
    expect(await unindexed(db)).toEqual(['pass'])
  },
)

test('an index serves the lookup only by its first column', async () => {
  await using db = await testDatabase('camelCase')
  await db.query('drop index "session_userId_idx"')
  await db.query('create index on session ("expiresAt", "userId")')
  expect(await unindexed(db)).toEqual(['session.userId'])
  await db.query('create index on session ("userId", "expiresAt")')
  expect(await unindexed(db)).toEqual(['pass'])
})

test('an API-key table of the application is none of its business', async () => {
  await using db = await testDatabase('noApiKey')
  await db.query('create table api_key (id text primary key, key text, user_id text)')
  expect(await unindexed(db)).toEqual(['pass'])
})
