import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import pg from 'pg'
import { expect, test } from 'vitest'
import { nearExhaustion } from '../../../src/checks/api-key/near-exhaustion.ts'
import { ownerMissing } from '../../../src/checks/api-key/owner-missing.ts'
import { revokedInUse } from '../../../src/checks/api-key/revoked-in-use.ts'
import { storedInClear } from '../../../src/checks/api-key/stored-in-clear.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

/** What these checks say of better-auth, asked of better-auth itself. */
function realPlugin(url: string, options: { readonly disableKeyHashing?: boolean } = {}) {
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  })
  const auth = betterAuth({
    baseURL: 'http://127.0.0.1:1',
    secret: 'only-for-this-test-0123456789abcdef',
    database: pool,
    logger: { disabled: true },
    plugins: [apiKey(options)],
  })
  return {
    create: async (userId: string) => await auth.api.createApiKey({ body: { userId, name: 'test' } }),
    verify: async (key: string) => await auth.api.verifyApiKey({ body: { key } }),
    disable: async (keyId: string, userId: string) =>
      await auth.api.updateApiKey({ body: { keyId, userId, enabled: false } }),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

test('a key is found near its limit before better-auth refuses it, and not once the window has passed', async () => {
  await using db = await testDatabase('camelCase')
  await using plugin = realPlugin(db.url)
  const { key } = await plugin.create(await db.insert('user'))
  for (let i = 0; i < 8; i += 1) expect(await plugin.verify(key)).toMatchObject({ valid: true })
  expect(valuesOf(await runCheck(nearExhaustion, db))).toMatchObject({ rate: 0 })
  expect(await plugin.verify(key)).toMatchObject({ valid: true })
  expect(valuesOf(await runCheck(nearExhaustion, db))).toMatchObject({ rate: 1 })
  expect(await plugin.verify(key)).toMatchObject({ valid: true })
  expect(await plugin.verify(key)).toMatchObject({ valid: false, error: { code: 'RATE_LIMITED' } })
  const later = new Date(Date.now() + 86_460_000)
  expect(valuesOf(await runCheck(nearExhaustion, db, { asOf: later }))).toMatchObject({ rate: 0 })
})

test('the key of a deleted user is found, and better-auth accepts it', async () => {
  await using db = await testDatabase('camelCase')
  await using plugin = realPlugin(db.url)
  const user = await db.insert('user')
  const { key, id } = await plugin.create(user)
  expect(await runCheck(ownerMissing, db)).toMatchObject({ state: 'pass' })
  await db.remove('user', user)
  expect(await plugin.verify(key)).toMatchObject({ valid: true })
  expect(await runCheck(ownerMissing, db)).toMatchObject({ state: 'fail', findings: [{ key: id }] })
})

test('a key marked revoked is accepted and found at its next use, a disabled one is refused without a trace', async () => {
  await using db = await testDatabase('camelCase')
  await using plugin = realPlugin(db.url)
  await db.query('alter table apikey add column revoked boolean')
  const user = await db.insert('user')
  const { key, id } = await plugin.create(user)
  await plugin.verify(key)
  await db.update('apiKey', id, { updatedAt: new Date(Date.now() + 10_000) })
  await db.query('update apikey set revoked = true')
  expect(valuesOf(await runCheck(revokedInUse, db))).toMatchObject({ offenders: 0, disabled: 0 })

  expect(await plugin.verify(key)).toMatchObject({ valid: true })
  expect(valuesOf(await runCheck(revokedInUse, db))).toMatchObject({ offenders: 1, recent: 1, disabled: 0 })

  await plugin.disable(id, user)
  const [before] = await db.query('select "lastRequest", "updatedAt", "requestCount" from apikey')
  expect(await plugin.verify(key)).toMatchObject({ valid: false, error: { code: 'KEY_DISABLED' } })
  const [after] = await db.query('select "lastRequest", "updatedAt", "requestCount" from apikey')
  expect(after).toEqual(before)
  expect(valuesOf(await runCheck(revokedInUse, db))).toMatchObject({ offenders: 0, disabled: 1 })
})

test('a key of the plugin is in clear only without hashing', async () => {
  await using db = await testDatabase('camelCase')
  const user = await db.insert('user')
  await using hashing = realPlugin(db.url)
  await hashing.create(user)
  expect(valuesOf(await runCheck(storedInClear, db))).toEqual({ offenders: 0 })
  await using clear = realPlugin(db.url, { disableKeyHashing: true })
  await clear.create(user)
  expect(valuesOf(await runCheck(storedInClear, db))).toEqual({ offenders: 1 })
})
