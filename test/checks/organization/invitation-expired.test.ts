import { expect, test } from 'vitest'
import { invitationExpired } from '../../../src/checks/organization/invitation-expired.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const expired = new Date(asOf.getTime() - 1)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'expired invitations that are still pending are counted, and some are normal (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('invitation')
    await db.insert('invitation', { expiresAt: asOf })
    for (const status of ['accepted', 'rejected', 'canceled'])
      await db.insert('invitation', { status, expiresAt: expired })
    expect(await runCheck(invitationExpired, db, { asOf })).toEqual({
      state: 'pass',
      values: { offenders: 0 },
    })
    await db.insert('invitation', { expiresAt: expired })
    expect(await runCheck(invitationExpired, db, { asOf })).toEqual({
      state: 'pass',
      values: { offenders: 1 },
    })
  },
)

test('more than ten thousand of them are a backlog', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const organizationId = await db.insert('organization')
  const inviterId = await db.insert('user')
  const copies = `insert into invitation (id, "organizationId", "inviterId", email, status, "expiresAt")
    select 'copy-' || n, $1, $2, n || '@example.test', 'pending', $3 from generate_series(1, 10000) as n`
  await db.query(copies, [organizationId, inviterId, expired.toISOString()])
  expect(await runCheck(invitationExpired, db, { asOf })).toEqual({
    state: 'pass',
    values: { offenders: 10_000 },
  })
  await db.insert('invitation', { id: 'a-last', organizationId, inviterId, expiresAt: expired })
  const verdict = await runCheck(invitationExpired, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 10_001 } })
  expect(verdict).toHaveProperty('findings.0.key', 'a-last')
})
