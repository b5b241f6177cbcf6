import { expect, test } from 'vitest'
import { neverExpires } from '../../../src/checks/api-key/never-expires.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'keys without an expiry are counted and never alarm (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey', { expiresAt: new Date('2027-03-10T12:00:00Z') })
    await db.insert('apiKey', { enabled: false })
    expect(await runCheck(neverExpires, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })
    await db.insert('apiKey')
    await db.insert('apiKey', { enabled: null })
    expect(await runCheck(neverExpires, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 2 } })
  },
)
