import { expect, test } from 'vitest'
import { population } from '../../../src/checks/user/population.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const DAY = 24 * 3600_000

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'counts users by verified address, those of the last day, and no canary (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const none = { verified: 0, unverified: 0, created: 0 }
    expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values: none })

    await db.insert('user', { emailVerified: true, createdAt: new Date(asOf.getTime() - DAY) })
    await db.insert('user', { emailVerified: true, createdAt: new Date(asOf.getTime() - DAY + 1) })
    await db.insert('user', { emailVerified: false, createdAt: new Date(asOf.getTime() - 90 * DAY) })
    const canary = await db.insert('user')
    expect(await runCheck(population, db, { asOf, canaries: [canary] })).toEqual({
      state: 'pass',
      values: { verified: 2, unverified: 1, created: 1 },
    })
  },
)
