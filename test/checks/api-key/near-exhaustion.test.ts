import { expect, test } from 'vitest'
import { nearExhaustion } from '../../../src/checks/api-key/near-exhaustion.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)
const full = { requestCount: 10, lastRequest: ago(HOUR) }

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'nine of ten requests in the current window are nearly all (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey', { id: 'fresh' })
    await db.insert('apiKey', { id: 'eight', requestCount: 8, lastRequest: ago(HOUR) })
    await db.insert('apiKey', { id: 'window-over', requestCount: 10, lastRequest: ago(DAY + 1) })
    await db.insert('apiKey', { id: 'unlimited', ...full, rateLimitEnabled: false })
    await db.insert('apiKey', { id: 'no-maximum', ...full, rateLimitMax: null })
    await db.insert('apiKey', { id: 'no-window', ...full, rateLimitTimeWindow: null })
    await db.insert('apiKey', { id: 'once-a-day', requestCount: 1, rateLimitMax: 1, lastRequest: ago(HOUR) })
    await db.insert('apiKey', {
      id: 'per-minute',
      requestCount: 10,
      rateLimitTimeWindow: 60_000,
      lastRequest: asOf,
    })
    await db.insert('apiKey', { id: 'disabled', ...full, enabled: false })
    const none = { offenders: 0, rate: 0, remaining: 0 }
    expect(await runCheck(nearExhaustion, db, { asOf })).toEqual({ state: 'pass', values: none })

    await db.insert('apiKey', { id: 'nine', requestCount: 9, lastRequest: ago(DAY) })
    await db.insert('apiKey', { id: 'null-is-limited', ...full, rateLimitEnabled: null, enabled: null })
    const verdict = await runCheck(nearExhaustion, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 2, rate: 2, remaining: 0 })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'nine',
      'null-is-limited',
    ])
  },
)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'ten remaining requests of a key in use are few, unless it is about to be refilled (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const refill = { refillAmount: 100, refillInterval: DAY, lastRequest: ago(HOUR) }
    await db.insert('apiKey', { id: 'eleven', remaining: 11, lastRequest: ago(HOUR) })
    await db.insert('apiKey', { id: 'single-use', remaining: 1 })
    await db.insert('apiKey', { id: 'at-rest', remaining: 0, lastRequest: ago(DAY + 1) })
    await db.insert('apiKey', { id: 'refill-due', ...refill, remaining: 0, lastRefillAt: ago(DAY + 1) })
    await db.insert('apiKey', { id: 'eleven-of-hundred', ...refill, remaining: 11, lastRefillAt: ago(HOUR) })
    await db.insert('apiKey', {
      id: 'refilled-often',
      ...refill,
      remaining: 0,
      refillInterval: HOUR - 1,
      lastRefillAt: asOf,
    })
    const none = { offenders: 0, rate: 0, remaining: 0 }
    expect(await runCheck(nearExhaustion, db, { asOf })).toEqual({ state: 'pass', values: none })

    await db.insert('apiKey', { id: 'ten', remaining: 10, lastRequest: ago(DAY) })
    await db.insert('apiKey', { id: 'ten-of-hundred', ...refill, remaining: 10, lastRefillAt: ago(DAY) })
    await db.insert('apiKey', { id: 'never-refilled', ...refill, remaining: 0, createdAt: ago(HOUR) })
    const verdict = await runCheck(nearExhaustion, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'info' })
    expect(valuesOf(verdict)).toEqual({ offenders: 3, rate: 0, remaining: 3 })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'never-refilled',
      'ten',
      'ten-of-hundred',
    ])
  },
)

test('a key near both limits is counted once, and extreme values are no error', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('apiKey', { lastRequest: '-infinity', requestCount: 10 })
  await db.insert('apiKey', {
    requestCount: 2_147_483_646,
    rateLimitMax: 2_147_483_647,
    lastRequest: ago(30 * DAY),
  })
  expect(valuesOf(await runCheck(nearExhaustion, db, { asOf }))).toEqual({
    offenders: 0,
    rate: 0,
    remaining: 0,
  })
  await db.insert('apiKey', { ...full, remaining: 1 })
  await db.insert('apiKey', { requestCount: 10, lastRequest: 'infinity' })
  expect(valuesOf(await runCheck(nearExhaustion, db, { asOf }))).toEqual({
    offenders: 2,
    rate: 2,
    remaining: 0,
  })
})
