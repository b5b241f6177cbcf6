import { expect, test } from 'vitest'
import { expiredEnabled } from '../../../src/checks/api-key/expired-enabled.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const expired = new Date(asOf.getTime() - 1)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'a hundred expired keys are normal, one more is a backlog (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey')
    await db.insert('apiKey', { expiresAt: asOf })
    await db.insert('apiKey', { expiresAt: expired, enabled: false })
    expect(await runCheck(expiredEnabled, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    for (let i = 0; i < 100; i += 1) await db.insert('apiKey', { referenceId: 'user', expiresAt: expired })
    expect(await runCheck(expiredEnabled, db, { asOf })).toEqual({
      state: 'pass',
      values: { offenders: 100 },
    })
    await db.insert('apiKey', { id: 'a-last', expiresAt: expired, enabled: null })
    const verdict = await runCheck(expiredEnabled, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 101 } })
    expect(verdict).toHaveProperty('findings.0.key', 'a-last')
  },
)

test('a key without end and one that ends at infinity are not expired', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('apiKey', { expiresAt: 'infinity' })
  expect(valuesOf(await runCheck(expiredEnabled, db, { asOf }))).toEqual({ offenders: 0 })
  await db.insert('apiKey', { expiresAt: '-infinity' })
  expect(valuesOf(await runCheck(expiredEnabled, db, { asOf }))).toEqual({ offenders: 1 })
})
