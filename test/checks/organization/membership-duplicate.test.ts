import { expect, test } from 'vitest'
import { membershipDuplicate } from '../../../src/checks/organization/membership-duplicate.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const createdAt = new Date('2026-01-01T00:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'each membership beyond the oldest of the same pair is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    const userId = await db.insert('user')
    const organizationId = await db.insert('organization')
    await db.insert('member', { id: 'z-oldest', userId, organizationId, role: 'owner', createdAt })
    await db.insert('member', { id: 'elsewhere', userId })
    await db.insert('member', { id: 'colleague', organizationId })
    expect(await runCheck(membershipDuplicate, db)).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('member', { id: 'second', userId, organizationId, role: 'admin' })
    await db.insert('member', { id: 'third', userId, organizationId })
    const verdict = await runCheck(membershipDuplicate, db)
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 2 } })
    expect(verdict).toHaveProperty('findings', [
      { key: 'second', detail: { organizationId, userId, role: 'admin' } },
      { key: 'third', detail: { organizationId, userId, role: 'member' } },
    ])
  },
)
