import { expect, test } from 'vitest'
import { noReference } from '../../../src/checks/api-key/no-reference.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const HOUR = 3_600_000
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'a usable key that names no owner is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey', { id: 'owned' })
    await db.insert('apiKey', { id: 'disabled', referenceId: '', enabled: false })
    await db.insert('apiKey', { id: 'expired', referenceId: '', expiresAt: ago(1) })
    expect(await runCheck(noReference, db, { asOf })).toEqual({
      state: 'pass',
      values: { offenders: 0, inUse: 0, idle: 0 },
    })

    await db.insert('apiKey', { id: 'empty', referenceId: '' })
    await db.insert('apiKey', { id: 'default', referenceId: '', enabled: null, expiresAt: asOf })
    const verdict = await runCheck(noReference, db, { asOf })
    expect(verdict).toMatchObject({
      state: 'fail',
      severity: 'warning',
      values: { offenders: 2, inUse: 0, idle: 2 },
    })
    expect(verdict).toHaveProperty('findings.0.key', 'default')
    expect(verdict).toHaveProperty('findings.1.key', 'empty')
  },
)

test('a null reference counts like an empty one', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { table, column } = db.physical('apiKey')
  await db.query(`alter table ${table} alter column ${column('referenceId')} drop not null`)
  await db.insert('apiKey')
  expect((await runCheck(noReference, db, { asOf })).state).toBe('pass')
  await db.insert('apiKey', { referenceId: null })
  expect((await runCheck(noReference, db, { asOf })).state).toBe('fail')
})

test('the third key in use without an owner makes it critical', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await db.insert('apiKey', { lastRequest: ago(HOUR) })
  expect((await runCheck(noReference, db, { asOf })).state).toBe('pass')

  await db.insert('apiKey', { referenceId: '', lastRequest: ago(24 * HOUR + 1) })
  await db.insert('apiKey', { referenceId: '', lastRequest: ago(24 * HOUR) })
  await db.insert('apiKey', { referenceId: '', lastRequest: ago(HOUR) })
  const before = await runCheck(noReference, db, { asOf })
  expect(before).toMatchObject({ severity: 'warning', values: { offenders: 3, inUse: 2, idle: 1 } })

  await db.insert('apiKey', { referenceId: '', lastRequest: ago(0) })
  const after = await runCheck(noReference, db, { asOf })
  expect(after).toMatchObject({ severity: 'critical', values: { offenders: 4, inUse: 3, idle: 1 } })
})

test('a key that the application revoked is no offender', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  const id = await db.insert('apiKey', { referenceId: '', revoked: true })
  expect(valuesOf(await runCheck(noReference, db, { asOf }))).toMatchObject({ offenders: 0 })
  await db.update('apiKey', id, { revoked: null })
  expect(valuesOf(await runCheck(noReference, db, { asOf }))).toMatchObject({ offenders: 1 })
})
