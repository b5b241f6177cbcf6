import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, test } from 'vitest'
import { grantsSql } from '../../../src/database/grants.ts'
import type { Diagnosis, Report } from '../../../src/diagnose/diagnosis.ts'
import { apiKeyDiagnosis } from '../../../src/diagnose/questions/api-key.ts'
import { sessionDiagnosis } from '../../../src/diagnose/questions/session.ts'
import { userDiagnosis } from '../../../src/diagnose/questions/user.ts'
import { runDiagnosis } from '../../../src/diagnose/run-diagnosis.ts'
import { openFleet } from '../../../src/run/open-fleet.ts'
import { watch } from '../../run/watch.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { NAMINGS, SCHEMAS } from '../../support/schemas/index.ts'

const TOKEN = 'q'.repeat(32)
const KEY = 'k'.repeat(64)
const KEY_HASH = createHash('sha256').update(KEY).digest('base64url')
const ROUTES = { auth: '/api/auth', tenant: null, extension: null, debug: null }

/** The role of `authwatch grants`, which sees views without secrets only. */
async function onViews(db: TestDatabase): Promise<{ readonly url: string } & AsyncDisposable> {
  await using owner = watch(db.url)
  const [role, password] = [`watcher_${db.name}`, randomBytes(12).toString('base64url')]
  const printed = grantsSql(await owner.names(), { role, viewSchema: 'authwatch' })
  await db.query(
    printed.replace(/^\\prompt .*$/m, '').replaceAll(":'authwatch_password'", pg.escapeLiteral(password)),
  )
  const url = new URL(db.url)
  url.username = role
  url.password = password
  const drop = async () => {
    await db.query(`drop owned by ${pg.escapeIdentifier(role)}; drop role ${pg.escapeIdentifier(role)}`)
  }
  return { url: url.href, [Symbol.asyncDispose]: drop }
}

/** A person with all they need, and what they hold. */
async function insertPerson(db: TestDatabase) {
  const { tables } = SCHEMAS[db.naming]
  const userId = await db.insert('user', { email: 'ann@example.com' })
  await db.insert('account', { userId })
  const organizationId =
    tables.organization === undefined ? undefined : await db.insert('organization', { slug: 'acme' })
  const other =
    tables.organization === undefined ? undefined : await db.insert('organization', { slug: 'other' })
  if (organizationId !== undefined) await db.insert('member', { userId, organizationId })
  const active = organizationId === undefined ? {} : { activeOrganizationId: organizationId }
  const sessionId = await db.insert('session', { userId, token: TOKEN, ...active })
  const apiKeyId =
    tables.apiKey === undefined
      ? undefined
      : await db.insert('apiKey', { referenceId: userId, key: KEY_HASH })
  return { userId, organizationId, other, sessionId, apiKeyId }
}

const signs = (report: Report, sign: string) =>
  report.steps.filter((step) => step.sign === sign).map(({ question, evidence }) => `${question} ${evidence}`)

test.each(NAMINGS)(
  'every diagnosis reads %s, as tables and as views, and its statements mend it',
  async (naming) => {
    await using db = await testDatabase(naming)
    const { userId, organizationId, other, sessionId, apiKeyId } = await insertPerson(db)
    await using views = await onViews(db)
    const shown = { name: null, token: TOKEN, signature: null, cacheUntil: null }
    for (const url of [await db.readOnlyUrl(), views.url]) {
      await using watched = watch(url)
      const { target } = watched
      await using fleet = openFleet({
        ...{ servers: [], origins: [], routes: ROUTES, policy: target.policy, canaries: {}, secrets: {} },
        ...{ signingKeys: undefined, version: 'test' },
      })
      const slug = other === undefined ? undefined : 'acme'
      const person = () => userDiagnosis({ target, who: 'Ann@example.com', slug })
      const session = () => sessionDiagnosis({ target, fleet, shown })
      const key = () => apiKeyDiagnosis({ target, key: KEY, tenant: slug })
      const all = [person, session, ...(apiKeyId === undefined ? [] : [key])]
      for (const diagnosis of all) {
        const report = await runDiagnosis(await diagnosis())
        expect({ bad: signs(report, 'bad'), unknown: signs(report, 'unknown') }).toEqual({
          bad: [],
          unknown: [],
        })
        expect(report.steps.length).toBeGreaterThan(4)
        expect(JSON.stringify(report)).not.toMatch(new RegExp(`${TOKEN}|${KEY}|${KEY_HASH}`))
      }

      await db.update('user', userId, { banned: true })
      await mends(db, person, /is banned/)
      if (other !== undefined) {
        await db.update('session', sessionId, { activeOrganizationId: other })
        // A session without an active organization is a note.
        await mends(db, session, /to which its user does not belong/, 'info')
        await db.update('session', sessionId, { activeOrganizationId: organizationId })
      }
      if (apiKeyId === undefined) continue
      await db.update('apiKey', apiKeyId, { enabled: false })
      await mends(db, key, /is disabled/)
      await db.update('apiKey', apiKeyId, { requestCount: 10, rateLimitMax: 10, lastRequest: new Date() })
      await mends(db, key, /is at its rate limit/)
    }
  },
)

/** The cause is named, and its statement, run by the owner, takes it away. */
async function mends(
  db: TestDatabase,
  diagnosis: () => Promise<Diagnosis>,
  cause: RegExp,
  left?: string,
): Promise<void> {
  const broken = await runDiagnosis(await diagnosis())
  expect(broken.cause?.cause).toMatch(cause)
  for (const statement of broken.cause?.fix.run ?? []) await db.query(statement)
  const mended = await runDiagnosis(await diagnosis())
  expect(mended.cause?.severity).toBe(left)
}

test('an API key that is stored in clear is found by a digest', async () => {
  await using db = await testDatabase()
  const { apiKeyId } = await insertPerson(db)
  await db.update('apiKey', String(apiKeyId), { key: KEY })
  await using watched = watch(await db.readOnlyUrl())
  const { target } = watched
  const report = await runDiagnosis(await apiKeyDiagnosis({ target, key: KEY, tenant: undefined }))
  expect(report.cause?.cause).toMatch(/is stored in clear/)
  expect(JSON.stringify(report)).not.toContain(KEY)
})

test('sign-ins that the limiter in the database holds back are told, and whose they are is not', async () => {
  await using db = await testDatabase()
  const { userId } = await insertPerson(db)
  await using watched = watch(await db.readOnlyUrl())
  const ask = async () =>
    runDiagnosis(await userDiagnosis({ target: watched.target, who: userId, slug: undefined }))
  expect((await ask()).steps.at(-1)).toMatchObject({ sign: 'good', evidence: 'no address is at its limit' })
  await db.insert('rateLimit', { key: '203.0.113.9|/sign-in/email', count: 3, lastRequest: Date.now() })
  const held = (await ask()).steps.at(-1)
  expect(held).toMatchObject({
    sign: 'bad',
    severity: 'info',
    evidence: 'one client address is at the limit on sign-ins now',
  })
  expect(JSON.stringify(held)).not.toContain('203.0.113.9')
})
