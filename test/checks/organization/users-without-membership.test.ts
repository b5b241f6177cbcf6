import { expect, test } from 'vitest'
import { usersWithoutMembership } from '../../../src/checks/organization/users-without-membership.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)
const longAgo = ago(400 * DAY)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'users without an organization are told apart by their age (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    for (let i = 0; i < 4; i += 1) {
      const userId = await db.insert('user', { createdAt: longAgo })
      await db.insert('member', { userId })
      // A second organization does not make a second user.
      await db.insert('member', { userId })
    }
    await db.insert('user', { id: 'signing-up', createdAt: ago(15 * MINUTE - 1) })
    await db.insert('user', { id: 'banned', createdAt: longAgo, banned: true })
    await db.insert('user', { id: 'banned-for-now', createdAt: longAgo, banned: true, banExpires: ago(-1) })
    expect(await runCheck(usersWithoutMembership, db, { asOf })).toEqual({
      state: 'pass',
      values: { offenders: 0, inGrace: 1, recent: 0, old: 0, share: 0 },
    })

    await db.insert('user', { id: 'old', createdAt: ago(DAY) })
    const old = await runCheck(usersWithoutMembership, db, { asOf })
    expect(old).toMatchObject({ state: 'fail', severity: 'info' })
    expect(valuesOf(old)).toEqual({ offenders: 1, inGrace: 1, recent: 0, old: 1, share: 1 / 5 })

    await db.insert('user', { id: 'new', createdAt: ago(DAY - 1) })
    await db.insert('user', { id: 'past-grace', createdAt: ago(15 * MINUTE), banned: true, banExpires: asOf })
    const verdict = await runCheck(usersWithoutMembership, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    const { share, ...counts } = valuesOf(verdict)
    expect(counts).toEqual({ offenders: 3, inGrace: 1, recent: 2, old: 1 })
    expect(share).toBeCloseTo(3 / 7)
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'new',
      'old',
      'past-grace',
    ])
  },
)

test('where half of the users have no organization, having none is normal', async () => {
  await using db = await testDatabase('camelCase', { now: longAgo })
  await db.insert('member')
  await db.insert('user')
  expect(await runCheck(usersWithoutMembership, db, { asOf })).toMatchObject({
    state: 'pass',
    values: { share: 0.5 },
  })
  await db.insert('member')
  expect(await runCheck(usersWithoutMembership, db, { asOf })).toMatchObject({
    state: 'fail',
    severity: 'info',
  })
})

test('an empty deployment has no share', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const values = { offenders: 0, inGrace: 0, recent: 0, old: 0, share: null }
  expect(await runCheck(usersWithoutMembership, db, { asOf })).toEqual({ state: 'pass', values })
})

test('without the organization plugin the check is skipped', async () => {
  await using db = await testDatabase('noOrganization', { now: asOf })
  expect(await runCheck(usersWithoutMembership, db, { asOf })).toMatchObject({ state: 'skipped' })
})
