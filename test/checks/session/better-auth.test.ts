import { betterAuth } from 'better-auth'
import { admin, organization } from 'better-auth/plugins'
import pg from 'pg'
import { expect, test } from 'vitest'
import { activeOrganizationForeign } from '../../../src/checks/session/active-organization-foreign.ts'
import { lifetimeOutOfPolicy } from '../../../src/checks/session/lifetime-out-of-policy.ts'
import { userBanned } from '../../../src/checks/session/user-banned.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const password = 'long enough for the default'

/** A database, and better-auth servers on it, as a deployment runs several. */
interface Deployment extends AsyncDisposable {
  readonly db: TestDatabase
  server(session?: { readonly expiresIn?: number; readonly updateAge?: number }): Server
}

function betterAuthOn(pool: pg.Pool, session: { readonly expiresIn?: number; readonly updateAge?: number }) {
  return betterAuth({
    database: pool,
    baseURL: 'http://127.0.0.1:3000',
    secret: 'only-for-this-test-0123456789-abcdefghij',
    emailAndPassword: { enabled: true },
    session,
    plugins: [admin(), organization()],
  })
}
type Server = ReturnType<typeof betterAuthOn>

async function deployment(): Promise<Deployment> {
  const db = await testDatabase('camelCase')
  const pool = new pg.Pool({ connectionString: db.url, max: 4, connectionTimeoutMillis: 10_000 })
  return {
    db,
    server: (session = {}) => betterAuthOn(pool, session),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await db[Symbol.asyncDispose]()
    },
  }
}

async function signUp(auth: Server, email: string) {
  const { headers, response } = await auth.api.signUpEmail({
    body: { email, password, name: email },
    returnHeaders: true,
  })
  const cookie = headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  return { email, userId: response.user.id, headers: new Headers({ cookie }) }
}

async function offenders(check: Parameters<typeof runCheck>[0], db: TestDatabase) {
  return valuesOf(await runCheck(check, db)).offenders
}

test('every session that better-auth makes or refreshes is within the policy, unless a server has another lifetime', async () => {
  await using run = await deployment()
  const { db } = run
  const auth = run.server({ updateAge: 0 })
  const boss = await signUp(auth, 'boss@example.test')
  const ada = await signUp(auth, 'ada@example.test')
  await auth.api.signInEmail({ body: { email: ada.email, password, rememberMe: false } })
  // With an update age of nothing this refreshes.
  await auth.api.getSession({ headers: ada.headers })
  await auth.api.createOrganization({ body: { name: 'Acme', slug: 'acme' }, headers: ada.headers })
  await db.update('user', boss.userId, { role: 'admin' })
  await auth.api.impersonateUser({ body: { userId: ada.userId }, headers: boss.headers })
  expect(await offenders(lifetimeOutOfPolicy, db)).toBe(0)

  await run.server({ expiresIn: 3600 }).api.signInEmail({ body: { email: ada.email, password } })
  expect(await offenders(lifetimeOutOfPolicy, db)).toBe(1)
  await run.server({ expiresIn: 30 * 86_400 }).api.signInEmail({ body: { email: ada.email, password } })
  expect(await offenders(lifetimeOutOfPolicy, db)).toBe(2)
})

test('a ban by better-auth leaves no session, and one by SQL leaves sessions that work', async () => {
  await using run = await deployment()
  const { db } = run
  const auth = run.server()
  const boss = await signUp(auth, 'boss@example.test')
  const ada = await signUp(auth, 'ada@example.test')
  const bob = await signUp(auth, 'bob@example.test')
  await db.update('user', boss.userId, { role: 'admin' })
  await auth.api.banUser({ body: { userId: ada.userId }, headers: boss.headers })
  expect(await offenders(userBanned, db)).toBe(0)

  await db.update('user', bob.userId, { banned: true })
  expect(await offenders(userBanned, db)).toBe(1)
  expect((await auth.api.getSession({ headers: bob.headers }))?.user.id).toBe(bob.userId)
})

test('better-auth itself leaves the session of a removed member in the organization, which is information only', async () => {
  await using run = await deployment()
  const { db } = run
  const auth = run.server()
  const ada = await signUp(auth, 'ada@example.test')
  const bob = await signUp(auth, 'bob@example.test')
  const acme = await auth.api.createOrganization({
    body: { name: 'Acme', slug: 'acme' },
    headers: ada.headers,
  })
  const organizationId = String(acme?.id)
  await auth.api.addMember({ body: { userId: bob.userId, organizationId, role: 'member' } })
  await auth.api.setActiveOrganization({ body: { organizationId }, headers: bob.headers })
  expect(await offenders(activeOrganizationForeign, db)).toBe(0)

  await auth.api.removeMember({ body: { memberIdOrEmail: bob.email, organizationId }, headers: ada.headers })
  const verdict = await runCheck(activeOrganizationForeign, db)
  expect(verdict).toMatchObject({ state: 'fail', severity: 'info', values: { offenders: 1 } })
})
