import { expect, test } from 'vitest'
import { withoutOwner } from '../../../src/checks/organization/without-owner.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const MINUTE = 60_000
const createdAt = new Date(asOf.getTime() - 15 * MINUTE)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'an organization whose members do not own it is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: createdAt })
    for (const role of ['owner', 'admin,owner', 'owner, member', 'admin , owner ,member']) {
      const organizationId = await db.insert('organization')
      await db.insert('member', { organizationId, role: 'member' })
      await db.insert('member', { organizationId, role })
    }
    await db.insert('organization', { id: 'empty' })
    const justMade = await db.insert('organization', { createdAt: new Date(createdAt.getTime() + 1) })
    await db.insert('member', { organizationId: justMade })
    expect(await runCheck(withoutOwner, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    for (const role of ['admin', 'coowner', 'Owner', 'product-owner,member']) {
      await db.insert('member', {
        organizationId: await db.insert('organization', { id: `only-${role}` }),
        role,
      })
    }
    const verdict = await runCheck(withoutOwner, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 4 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key).toSorted()).toEqual([
      'only-Owner',
      'only-admin',
      'only-coowner',
      'only-product-owner,member',
    ])
  },
)

test('a deployment whose creators have another role is left alone', async () => {
  await using db = await testDatabase('camelCase', { now: createdAt })
  await db.insert('member', { role: 'admin' })
  expect(valuesOf(await runCheck(withoutOwner, db, { asOf }))).toEqual({ offenders: 0 })
  await db.insert('member', { role: 'owner' })
  expect(valuesOf(await runCheck(withoutOwner, db, { asOf }))).toEqual({ offenders: 1 })
})

test("deleting the owner's account leaves the organization without one", async () => {
  await using db = await testDatabase('camelCase', { now: createdAt })
  await db.insert('member', { role: 'owner' })
  const organizationId = await db.insert('organization')
  const owner = await db.insert('user')
  await db.insert('member', { organizationId, userId: owner, role: 'owner' })
  await db.insert('member', { organizationId })
  expect((await runCheck(withoutOwner, db, { asOf })).state).toBe('pass')
  await db.remove('user', owner)
  const verdict = await runCheck(withoutOwner, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', findings: [{ key: organizationId }] })
})
