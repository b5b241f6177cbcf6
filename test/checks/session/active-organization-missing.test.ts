import { expect, test } from 'vitest'
import { activeOrganizationMissing } from '../../../src/checks/session/active-organization-missing.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const justAfter = new Date(asOf.getTime() + 1)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names the live sessions whose active organization is gone (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const organizationId = await db.insert('organization')
    await db.insert('session', { activeOrganizationId: organizationId })
    // No member of it: that is another check's business.
    const userId = await db.insert('user')
    const stays = await db.insert('session', { userId, activeOrganizationId: organizationId })
    await db.insert('session')
    await db.insert('session', { activeOrganizationId: 'gone', expiresAt: asOf })

    const healthy = await runCheck(activeOrganizationMissing, db, { asOf })
    expect(healthy.state).toBe('pass')
    expect(valuesOf(healthy)).toEqual({ offenders: 0, share: 0 })

    await db.update('session', stays, { activeOrganizationId: 'gone', expiresAt: justAfter })
    const verdict = await runCheck(activeOrganizationMissing, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info' })
    expect(valuesOf(verdict)).toEqual({ offenders: 1, share: 0.5 })
    expect(verdict.state === 'fail' && verdict.findings).toEqual([
      { key: stays, detail: { userId, activeOrganizationId: 'gone' } },
    ])
  },
)

test('warns when an organization with three signed-in members is deleted', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const organizationId = await db.insert('organization')
  for (const id of ['s1', 's2', 's3'])
    await db.insert('session', { id, activeOrganizationId: organizationId })
  expect((await runCheck(activeOrganizationMissing, db, { asOf })).state).toBe('pass')

  await db.remove('organization', organizationId)
  const verdict = await runCheck(activeOrganizationMissing, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 3, share: 1 } })
  expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(['s1', 's2', 's3'])
})
