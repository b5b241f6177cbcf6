import { expect, test } from 'vitest'
import { ownerWithoutOrganization } from '../../../src/checks/api-key/owner-without-organization.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'a key of a user in no organization is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const organizationId = await db.insert('organization')
    const member = await db.insert('user')
    const membership = await db.insert('member', { userId: member, organizationId })
    for (let i = 0; i < 3; i += 1) await db.insert('member', { organizationId })
    const loner = await db.insert('user')
    await db.insert('apiKey', { id: 'of-member', referenceId: member })
    await db.insert('apiKey', { id: 'of-organization', referenceId: organizationId })
    await db.insert('apiKey', { id: 'of-nobody', referenceId: 'gone' })
    await db.insert('apiKey', { id: 'disabled', referenceId: loner, enabled: false })
    const healthy = await runCheck(ownerWithoutOrganization, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.remove('member', membership)
    const verdict = await runCheck(ownerWithoutOrganization, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 1 } })
    expect(verdict).toHaveProperty('findings', [
      { key: 'of-member', detail: { referenceId: member, lastRequest: null } },
    ])
  },
)

test('where half of the users are in no organization, a key of such a user is normal', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('member')
  await db.insert('apiKey')
  expect(valuesOf(await runCheck(ownerWithoutOrganization, db, { asOf }))).toEqual({ offenders: 0 })
  await db.insert('member')
  expect(valuesOf(await runCheck(ownerWithoutOrganization, db, { asOf }))).toEqual({ offenders: 1 })
})

test('without the organization plugin the check is skipped', async () => {
  await using db = await testDatabase('noOrganization', { now: asOf })
  expect(await runCheck(ownerWithoutOrganization, db, { asOf })).toMatchObject({ state: 'skipped' })
})
