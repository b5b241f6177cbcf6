import { expect, test } from 'vitest'
import { population } from '../../../src/checks/organization/population.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'organizations and memberships are counted (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    expect(await runCheck(population, db)).toEqual({
      state: 'pass',
      values: { organizations: 0, members: 0 },
    })
    const organizationId = await db.insert('organization')
    await db.insert('organization')
    for (let i = 0; i < 3; i += 1) await db.insert('member', { organizationId })
    expect(await runCheck(population, db)).toEqual({
      state: 'pass',
      values: { organizations: 2, members: 3 },
    })
  },
)
