import { expect, test } from 'vitest'
import { activeOrganizationForeign } from '../../../src/checks/session/active-organization-foreign.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const SECOND = 1000

/** A signed-in member of an organization, which is active. */
async function signedInMember(db: TestDatabase, organizationId?: string) {
  const organization = organizationId ?? (await db.insert('organization'))
  const userId = await db.insert('user')
  const memberId = await db.insert('member', { userId, organizationId: organization })
  const sessionId = await db.insert('session', { userId, activeOrganizationId: organization })
  return { userId, memberId, sessionId, organizationId: organization }
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names the live sessions whose user is no member of the active organization (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const ada = await signedInMember(db)
    const bob = await signedInMember(db)
    await db.insert('session', { activeOrganizationId: undefined })
    await db.insert('session', { activeOrganizationId: ada.organizationId, expiresAt: asOf })
    // An organization that is gone is another check's business.
    await db.insert('session', { activeOrganizationId: 'gone' })

    const healthy = await runCheck(activeOrganizationForeign, db, { asOf })
    expect(healthy.state).toBe('pass')
    expect(valuesOf(healthy)).toEqual({ offenders: 0, share: 0 })

    await db.update('session', bob.sessionId, { activeOrganizationId: ada.organizationId })
    const verdict = await runCheck(activeOrganizationForeign, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info' })
    // One of three with an active organization: hers, his, and the one that is gone.
    expect(valuesOf(verdict)).toEqual({ offenders: 1, share: 1 / 3 })
    expect(verdict.state === 'fail' && verdict.findings).toEqual([
      { key: bob.sessionId, detail: { userId: bob.userId, activeOrganizationId: ada.organizationId } },
    ])
  },
)

test('warns when three sessions are foreign and they are more than one in a hundred', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { organizationId } = await signedInMember(db)
  const foreign = { activeOrganizationId: organizationId, expiresAt: new Date(asOf.getTime() + SECOND) }
  await db.insert('session', foreign)
  await db.insert('session', foreign)
  const two = await runCheck(activeOrganizationForeign, db, { asOf })
  expect(two).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 2 } })

  await db.insert('session', foreign)
  const three = await runCheck(activeOrganizationForeign, db, { asOf })
  expect(three).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 3, share: 0.75 } })

  // 3 of 300 is one in a hundred, not more.
  for (let n = 0; n < 296; n += 1) await signedInMember(db, organizationId)
  const among300 = await runCheck(activeOrganizationForeign, db, { asOf })
  expect(among300).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 3, share: 0.01 } })
})

test('has nothing to measure without an active organization, and does not apply without the plugin', async () => {
  await using empty = await testDatabase('camelCase', { now: asOf })
  await empty.insert('session')
  const verdict = await runCheck(activeOrganizationForeign, empty, { asOf })
  expect(verdict).toEqual({ state: 'pass', values: { offenders: 0, share: null } })

  await using without = await testDatabase('noOrganization', { now: asOf })
  expect((await runCheck(activeOrganizationForeign, without, { asOf })).state).toBe('skipped')
})
