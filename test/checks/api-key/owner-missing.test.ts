import { expect, test } from 'vitest'
import { ownerMissing } from '../../../src/checks/api-key/owner-missing.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const lastRequest = new Date('2026-03-10T09:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'keys whose owner is gone are found, users and organizations alike (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const organization = await db.insert('organization')
    await db.insert('apiKey', { id: 'of-user' })
    await db.insert('apiKey', { id: 'of-organization', referenceId: organization })
    await db.insert('apiKey', { id: 'without-reference', referenceId: '' })
    await db.insert('apiKey', { id: 'disabled', referenceId: 'gone', enabled: false })
    await db.insert('apiKey', { id: 'expired', referenceId: 'gone', expiresAt: new Date(asOf.getTime() - 1) })
    expect(await runCheck(ownerMissing, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('apiKey', { id: 'orphan', referenceId: 'gone', lastRequest, expiresAt: asOf })
    await db.remove('organization', organization)
    const verdict = await runCheck(ownerMissing, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'critical', values: { offenders: 2 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'of-organization',
      'orphan',
    ])
    expect(verdict).toHaveProperty('findings.1.detail.referenceId', 'gone')
    expect(verdict).toHaveProperty(
      'findings.1.detail.lastRequest',
      expect.stringContaining('2026-03-10 09:00:00'),
    )
  },
)

test('without the organization plugin only users can be owners', async () => {
  await using db = await testDatabase('noOrganization', { now: asOf })
  await db.insert('apiKey')
  expect((await runCheck(ownerMissing, db, { asOf })).state).toBe('pass')
  await db.insert('apiKey', { referenceId: 'organization-000001' })
  expect(valuesOf(await runCheck(ownerMissing, db, { asOf }))).toEqual({ offenders: 1 })
})

test('user ids of another type than the reference are compared as text', async () => {
  await using db = await testDatabase('noOrganization', { now: asOf })
  const keys = await db.query<{ statement: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
       from pg_constraint where contype = 'f'`,
  )
  for (const { statement } of keys) await db.query(statement)
  await db.query('alter table "user" alter column id type uuid using id::uuid')
  const id = await db.insert('user', { id: '0b6f4e0e-5f0c-4d8e-9d0e-6f8b8f1f2a3b' })
  await db.insert('apiKey', { referenceId: id })
  expect(await runCheck(ownerMissing, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })
  await db.insert('apiKey', { referenceId: '1b6f4e0e-5f0c-4d8e-9d0e-6f8b8f1f2a3b' })
  expect(valuesOf(await runCheck(ownerMissing, db, { asOf }))).toEqual({ offenders: 1 })
})

test('a key of a canary user is left out, and its absence with it', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('apiKey', { referenceId: 'canary' })
  expect(valuesOf(await runCheck(ownerMissing, db, { asOf, canaries: ['canary'] }))).toEqual({ offenders: 0 })
  expect(valuesOf(await runCheck(ownerMissing, db, { asOf }))).toEqual({ offenders: 1 })
})

test('a database without API keys skips the check', async () => {
  await using db = await testDatabase('noApiKey', { now: asOf })
  expect(await runCheck(ownerMissing, db, { asOf })).toMatchObject({ state: 'skipped' })
})
