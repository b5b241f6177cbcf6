import { expect, test } from 'vitest'
import type { Policy } from '../../../src/catalogue/policy.ts'
import { columnMissing } from '../../../src/checks/schema/column-missing.ts'
import { type LogicalTable, type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'
import { NAMINGS } from '../../support/schemas/index.ts'

async function missing(db: TestDatabase, policy: Partial<Policy> = {}): Promise<readonly string[]> {
  const verdict = await runCheck(columnMissing, db, { policy })
  expect(verdict.state).toBe(valuesOf(verdict).offenders === 0 ? 'pass' : 'fail')
  return verdict.state === 'fail' ? verdict.findings.map(({ key }) => key).toSorted() : []
}

async function drop(
  db: TestDatabase,
  { table, column }: { readonly table: LogicalTable; readonly column?: string },
) {
  const found = db.physical(table)
  if (column === undefined) await db.query(`drop table ${found.table} cascade`)
  else await db.query(`alter table ${found.table} drop column ${found.column(column)} cascade`)
}

test.each(NAMINGS)('finds nothing missing in a database that better-auth migrated (%s)', async (naming) => {
  await using db = await testDatabase(naming)
  expect(await missing(db)).toEqual([])
})

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names each column of better-auth and of its plugins that is gone (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    expect(await missing(db)).toEqual([])

    await drop(db, { table: 'session', column: 'userAgent' })
    const verdict = await runCheck(columnMissing, db)
    expect(verdict).toMatchObject({ state: 'fail', severity: 'critical', values: { offenders: 1 } })
    const name = db.physical('session').table.replaceAll('"', '')
    expect(verdict.state === 'fail' && verdict.findings).toEqual([
      { key: 'session.userAgent', detail: { table: name, column: 'userAgent' } },
    ])

    await drop(db, { table: 'session', column: 'impersonatedBy' })
    await drop(db, { table: 'session', column: 'activeOrganizationId' })
    await drop(db, { table: 'user', column: 'twoFactorEnabled' })
    await drop(db, { table: 'apiKey', column: 'referenceId' })
    await drop(db, { table: 'jwks', column: 'privateKey' })
    await drop(db, { table: 'rateLimit', column: 'count' })
    expect(await missing(db)).toEqual([
      'apiKey.referenceId',
      'jwks.privateKey',
      'rateLimit.count',
      'session.activeOrganizationId',
      'session.impersonatedBy',
      'session.userAgent',
      'user.twoFactorEnabled',
    ])
  },
)

test.each(['camelCase', 'snakeCase'] as const)('names a table that is gone, once (%s)', async (naming) => {
  await using db = await testDatabase(naming)
  await drop(db, { table: 'invitation' })
  await drop(db, { table: 'verification' })
  expect(await missing(db)).toEqual(['invitation', 'verification'])
  await drop(db, { table: 'session' })
  expect(await missing(db)).toContain('session')
})

test('a plugin that is not in use is not asked for', async () => {
  await using db = await testDatabase('camelCase')
  for (const table of ['apiKey', 'jwks', 'twoFactor', 'rateLimit'] as const) await drop(db, { table })
  await drop(db, { table: 'user', column: 'twoFactorEnabled' })
  expect(await missing(db)).toEqual([])
})

test('tables and columns of the application are not taken for a plugin', async () => {
  await using db = await testDatabase('noOrganization')
  await db.query(
    `create table organization (id text primary key, name text, slug text, "createdAt" timestamptz)`,
  )
  await db.query(`create table member (id text primary key, "organizationId" text, "userId" text, role text)`)
  for (const column of ['banned', 'banReason', 'banExpires']) await drop(db, { table: 'user', column })
  await drop(db, { table: 'session', column: 'impersonatedBy' })
  await drop(db, { table: 'twoFactor' })
  await drop(db, { table: 'apiKey' })
  await db.query(
    `create table api_keys (id text primary key, key text, user_id text, enabled boolean, expires_at date)`,
  )
  await drop(db, { table: 'rateLimit' })
  await db.query(`create table rate_limits (id text primary key, key text, count int, reset_at timestamptz)`)
  // What stays: user.role and user.twoFactorEnabled.
  expect(await missing(db)).toEqual([])
})

test('columns of a newer version are asked for only once something proves that version', async () => {
  await using db = await testDatabase('olderApiKey')
  expect(await missing(db)).toEqual([])
  await db.query('alter table jwks add column alg text')
  expect(await missing(db)).toEqual([
    'apiKey.configId',
    'jwks.crv',
    'twoFactor.failedVerificationCount',
    'twoFactor.lockedUntil',
    'twoFactor.verified',
  ])
})

test('where sessions are in secondary storage, their table and that of verifications may be absent', async () => {
  await using db = await testDatabase('camelCase')
  await drop(db, { table: 'session', column: 'userAgent' })
  expect(await missing(db, { sessionStorage: 'secondary' })).toEqual([])
  await drop(db, { table: 'session' })
  await drop(db, { table: 'verification' })
  expect(await missing(db, { sessionStorage: 'secondary' })).toEqual([])
  expect(await missing(db)).toEqual(['session', 'verification'])
  await drop(db, { table: 'account', column: 'password' })
  expect(await missing(db, { sessionStorage: 'secondary' })).toEqual(['account.password'])
})
