import { expect, test } from 'vitest'
import { duplicateKey } from '../../../src/checks/api-key/duplicate-key.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const hash = 'A'.repeat(43)

test.each(['camelCase', 'snakeCase', 'prismaPascal', 'olderApiKey'] as const)(
  'each row beyond the oldest that holds the same key is found (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('apiKey', { id: 'other' })
    await db.insert('apiKey', { id: 'z-oldest', key: hash, createdAt: new Date('2026-01-01T00:00:00Z') })
    await db.insert('apiKey', { id: 'other-case', key: hash.toLowerCase() })
    await db.insert('apiKey', { id: 'empty', key: '' })
    await db.insert('apiKey', { id: 'empty-too', key: '' })
    expect(await runCheck(duplicateKey, db, { asOf })).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('apiKey', { id: 'copy-1', key: hash, referenceId: 'someone', createdAt: asOf })
    await db.insert('apiKey', { id: 'copy-2', key: hash, enabled: false, createdAt: asOf })
    const verdict = await runCheck(duplicateKey, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'critical', values: { offenders: 2 } })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(['copy-1', 'copy-2'])
    expect(verdict).toHaveProperty('findings.0.detail.referenceId', 'someone')
    expect(JSON.stringify(verdict)).not.toContain(hash)
  },
)

test('copies that are all out of use harm nobody', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  await db.insert('apiKey', { id: 'a', key: hash, enabled: false })
  await db.insert('apiKey', { id: 'b', key: hash, revoked: true })
  await db.insert('apiKey', { id: 'c', key: hash, expiresAt: new Date(asOf.getTime() - 1) })
  expect(valuesOf(await runCheck(duplicateKey, db, { asOf }))).toEqual({ offenders: 0 })
  await db.update('apiKey', 'a', { enabled: true })
  expect(valuesOf(await runCheck(duplicateKey, db, { asOf }))).toEqual({ offenders: 2 })
})
