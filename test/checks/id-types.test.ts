import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import pg from 'pg'
import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { activeOrganizationForeign } from '../../src/checks/session/active-organization-foreign.ts'
import { activeOrganizationMissing } from '../../src/checks/session/active-organization-missing.ts'
import { spelling } from '../../src/database/spelling.ts'
import { addMember } from '../../src/diagnose/causes/repairs.ts'
import { watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'
import { authOptions } from '../support/schemas/auth-options.ts'

/** What better-auth makes ids of besides text. References that are foreign keys have the type too; the others stay text. */
const ID_TYPES = ['uuid', 'serial'] as const

/** A user who is signed in, with an organization that is active and an API key, all made through better-auth's own API. */
async function useApplication(database: pg.Pool, generateId: (typeof ID_TYPES)[number]): Promise<void> {
  const options = {
    ...authOptions('camelCase'),
    database,
    secret: 'only-for-this-test-0123456789abcdef',
    baseURL: 'http://localhost:3000',
    advanced: { database: { generateId } },
  }
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  const { api, handler } = betterAuth(options)
  const signUp = (email: string) =>
    api.signUpEmail({ body: { email, name: 'Ada', password: 'long-enough-1' }, returnHeaders: true })
  const { headers } = await signUp('ada@example.test')
  const cookie = headers.getSetCookie().map((each) => each.slice(0, each.indexOf(';')))
  const call = async (path: string, body: object): Promise<void> => {
    const request = new Request(`http://localhost:3000/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: cookie.join('; '), origin: options.baseURL },
      body: JSON.stringify(body),
    })
    const answer = await handler(request)
    expect([path, answer.status]).toEqual([path, 200])
  }
  await call('/organization/create', { name: 'Acme', slug: 'acme' })
  await call('/api-key/create', { name: 'a key' })
}

test.each(ID_TYPES)('every check can look at ids of the type that better-auth calls %s', async (type) => {
  await using db = await testDatabase('camelCase')
  await db.query('drop schema public cascade')
  await db.query('create schema public')
  const pool = new pg.Pool({ connectionString: db.url, max: 2, query_timeout: 10_000 })
  try {
    await useApplication(pool, type)
  } finally {
    await pool.end()
  }
  const [session] = await db.query<object>('select "activeOrganizationId" from session')
  expect(session).toEqual({ activeOrganizationId: expect.stringMatching(/./) })

  await using watched = watch(db.url)
  const states = [...(await watched.verdicts(checks))].map(([id, { state }]) => `${id} ${state}`)
  expect(states.filter((each) => !each.endsWith(' pass'))).toEqual([])

  const both = [activeOrganizationForeign, activeOrganizationMissing]
  const counts = async (): Promise<readonly unknown[]> => {
    const together = await watched.verdicts(checks)
    const alone = await Promise.all(both.map((check) => watched.verdict(check)))
    const offenders = [...both.map(({ id }) => together.get(id)), ...alone].map((verdict) =>
      verdict !== undefined && 'values' in verdict ? verdict.values.offenders : verdict,
    )
    return offenders
  }
  expect(await counts()).toEqual([0, 0, 0, 0])
  await db.query('delete from member')
  expect(await counts()).toEqual([1, 0, 1, 0])
  const [lost] = await db.query<{ userId: string; organizationId: string }>(
    'select u.id::text as "userId", o.id::text as "organizationId" from "user" as u, organization as o',
  )
  await db.query(addMember(spelling(await watched.names()), lost!))
  expect(await counts()).toEqual([0, 0, 0, 0])
  await db.query('delete from member')
  await db.query('delete from organization')
  expect(await counts()).toEqual([0, 1, 0, 1])
})
