import { expect, test } from 'vitest'
import { timestampWithoutZone } from '../../../src/checks/schema/timestamp-without-zone.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

test.each(['camelCase', 'snakeCase'] as const)(
  'counts the time columns without a zone, of which better-auth itself makes none (%s)',
  async (naming) => {
    await using db = await testDatabase(naming)
    expect(await runCheck(timestampWithoutZone, db)).toEqual({ state: 'pass', values: { offenders: 0 } })

    const { table, column } = db.physical('session')
    await db.query(`alter table ${table} alter column ${column('expiresAt')} type timestamp(3)`)
    expect(await runCheck(timestampWithoutZone, db)).toEqual({ state: 'pass', values: { offenders: 1 } })
  },
)

test('counts all of them where Prisma made the tables', async () => {
  await using db = await testDatabase('prismaPascal')
  // user 3, session 3, account 4, verification 3, organization 1, member 1, invitation 2, apiKey 5, jwks 2, twoFactor 1
  expect(await runCheck(timestampWithoutZone, db)).toEqual({ state: 'pass', values: { offenders: 25 } })
})
