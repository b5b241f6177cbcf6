import { expect, test } from 'vitest'
import { revokedInUse } from '../../../src/checks/api-key/revoked-in-use.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)

test('a key marked revoked that is still used is found, one at rest since its revocation is not', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  const twoHours = { lastRequest: ago(2 * HOUR), updatedAt: ago(2 * HOUR) }
  await db.insert('apiKey', { id: 'in-use', revoked: false, ...twoHours })
  await db.insert('apiKey', {
    id: 'revoked-after-use',
    revoked: true,
    lastRequest: ago(2 * HOUR),
    updatedAt: ago(HOUR),
  })
  await db.insert('apiKey', { id: 'disabled-too', revoked: true, enabled: false, ...twoHours })
  await db.insert('apiKey', { id: 'expired-too', revoked: true, expiresAt: ago(1), ...twoHours })
  await db.insert('apiKey', { id: 'never-used', revoked: true })
  const dayOld = { lastRequest: ago(24 * HOUR + 1), updatedAt: ago(24 * HOUR + 1) }
  await db.insert('apiKey', { id: 'long-at-rest', revoked: true, ...dayOld })
  expect(await runCheck(revokedInUse, db, { asOf })).toEqual({
    state: 'pass',
    values: { offenders: 0, recent: 0, earlier: 0, disabled: 1 },
  })

  await db.update('apiKey', 'revoked-after-use', { lastRequest: ago(HOUR), updatedAt: ago(HOUR) })
  const verdict = await runCheck(revokedInUse, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
  expect(valuesOf(verdict)).toEqual({ offenders: 1, recent: 0, earlier: 1, disabled: 1 })
  expect(verdict).toHaveProperty('findings.0.key', 'revoked-after-use')
})

test('a use within minutes makes it critical', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  const id = await db.insert('apiKey', { revoked: true, enabled: null })
  expect((await runCheck(revokedInUse, db, { asOf })).state).toBe('pass')
  await db.update('apiKey', id, { lastRequest: ago(10 * MINUTE + 1), updatedAt: ago(10 * MINUTE) })
  expect(await runCheck(revokedInUse, db, { asOf })).toMatchObject({
    severity: 'warning',
    values: { earlier: 1 },
  })
  await db.update('apiKey', id, { lastRequest: ago(10 * MINUTE), updatedAt: ago(10 * MINUTE - 5) })
  expect(await runCheck(revokedInUse, db, { asOf })).toMatchObject({
    severity: 'critical',
    values: { recent: 1 },
  })
})

test('a write more than five seconds after the last use is taken for the revocation', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  const lastRequest = ago(HOUR)
  const id = await db.insert('apiKey', { revoked: true, lastRequest, updatedAt: ago(HOUR - 5_001) })
  expect(valuesOf(await runCheck(revokedInUse, db, { asOf }))).toMatchObject({ offenders: 0 })
  await db.update('apiKey', id, { updatedAt: ago(HOUR - 5_000) })
  expect(valuesOf(await runCheck(revokedInUse, db, { asOf }))).toMatchObject({ offenders: 1 })
})

test.each(['camelCase', 'prismaPascal', 'olderApiKey'] as const)(
  'without a revoked column nothing offends, and keys disabled while in use are counted (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const id = await db.insert('apiKey', { lastRequest: ago(HOUR), updatedAt: ago(HOUR) })
    const none = { offenders: 0, recent: 0, earlier: 0, disabled: 0 }
    expect(await runCheck(revokedInUse, db, { asOf })).toEqual({ state: 'pass', values: none })
    await db.update('apiKey', id, { enabled: false })
    const disabled = await runCheck(revokedInUse, db, { asOf })
    expect(disabled).toEqual({ state: 'pass', values: { ...none, disabled: 1 } })
    expect(valuesOf(await runCheck(revokedInUse, db, { asOf, policy: { apiKeyInUse: '30m' } }))).toEqual(none)
  },
)
