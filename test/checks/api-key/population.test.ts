import { expect, test } from 'vitest'
import { population } from '../../../src/checks/api-key/population.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const expired = new Date(asOf.getTime() - 1)

test.each(['camelCase', 'prismaPascal', 'olderApiKey'] as const)(
  'every key is in exactly one state (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const none = { active: 0, disabled: 0, revoked: 0, expired: 0 }
    expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values: none })
    await db.insert('apiKey')
    await db.insert('apiKey', { enabled: null, expiresAt: asOf })
    await db.insert('apiKey', { expiresAt: expired })
    await db.insert('apiKey', { enabled: false, expiresAt: expired })
    const some = { active: 2, disabled: 1, revoked: 0, expired: 1 }
    expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values: some })
  },
)

test("the application's own revocation comes first", async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  await db.insert('apiKey', { revoked: false })
  await db.insert('apiKey', { revoked: null, enabled: false })
  await db.insert('apiKey', { revoked: true, enabled: false, expiresAt: expired })
  const values = { active: 1, disabled: 1, revoked: 1, expired: 0 }
  expect(await runCheck(population, db, { asOf })).toEqual({ state: 'pass', values })
})
