import { expect, test } from 'vitest'
import { expiringSoon } from '../../../src/checks/api-key/expiring-soon.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR
const ahead = (milliseconds: number) => new Date(asOf.getTime() + milliseconds)
const createdAt = ahead(-30 * DAY)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'keys that expire within seven days are found, those in use weigh more (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey', { id: 'endless', createdAt })
    await db.insert('apiKey', { id: 'infinite', createdAt, expiresAt: 'infinity' })
    await db.insert('apiKey', { id: 'in-seven-days', createdAt, expiresAt: ahead(7 * DAY) })
    await db.insert('apiKey', { id: 'expired', createdAt, expiresAt: ahead(-1) })
    await db.insert('apiKey', { id: 'disabled', createdAt, expiresAt: ahead(DAY), enabled: false })
    await db.insert('apiKey', {
      id: 'short-lived',
      createdAt: ahead(-DAY),
      expiresAt: ahead(DAY),
      lastRequest: asOf,
    })
    const none = { offenders: 0, inUse: 0, idle: 0 }
    expect(await runCheck(expiringSoon, db, { asOf })).toEqual({ state: 'pass', values: none })

    await db.insert('apiKey', { id: 'idle', createdAt, expiresAt: ahead(7 * DAY - 1) })
    const idle = await runCheck(expiringSoon, db, { asOf })
    expect(idle).toMatchObject({ severity: 'info', values: { offenders: 1, inUse: 0, idle: 1 } })

    await db.insert('apiKey', { id: 'used', createdAt, expiresAt: ahead(HOUR), lastRequest: ahead(-DAY) })
    const verdict = await runCheck(expiringSoon, db, { asOf })
    expect(verdict).toMatchObject({ severity: 'warning', values: { offenders: 2, inUse: 1, idle: 1 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(['idle', 'used'])
  },
)

test('the policy says what is soon', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('apiKey', { createdAt, expiresAt: ahead(2 * DAY) })
  const one = await runCheck(expiringSoon, db, { asOf, policy: { apiKeyExpiringSoon: '1d' } })
  expect(valuesOf(one)).toMatchObject({ offenders: 0 })
  const three = await runCheck(expiringSoon, db, { asOf, policy: { apiKeyExpiringSoon: '3d' } })
  expect(valuesOf(three)).toMatchObject({ offenders: 1 })
})
