import { expect, test } from 'vitest'
import { membershipOrphaned } from '../../../src/checks/organization/membership-orphaned.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'a membership of a missing user or in a missing organization is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    await db.insert('member')
    const organizationId = await db.insert('organization')
    await db.insert('member', { organizationId })
    expect(await runCheck(membershipOrphaned, db)).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('member', { id: 'no-organization', organizationId: 'gone' })
    await db.insert('member', { id: 'no-user', organizationId, userId: 'gone' })
    await db.insert('member', { id: 'neither', organizationId: 'gone', userId: 'gone' })
    const verdict = await runCheck(membershipOrphaned, db)
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 3 } })
    const keys = verdict.state === 'fail' && verdict.findings.map(({ key }) => key)
    expect(keys).toEqual(['neither', 'no-organization', 'no-user'])
    expect(verdict).toHaveProperty('findings.2.detail', { organizationId, userId: 'gone' })
  },
)

test("a canary's membership is no orphan for its user being left out", async () => {
  await using db = await testDatabase('camelCase')
  const canary = await db.insert('user')
  await db.insert('member', { userId: canary })
  expect(valuesOf(await runCheck(membershipOrphaned, db, { canaries: [canary] }))).toEqual({ offenders: 0 })
  await db.insert('member', { userId: 'gone' })
  expect(valuesOf(await runCheck(membershipOrphaned, db, { canaries: [canary] }))).toEqual({ offenders: 1 })
})
