import { apiKey } from '@better-auth/api-key'
import { type Auth, type BetterAuthOptions, betterAuth } from 'better-auth'
import { bearer, captcha } from 'better-auth/plugins'
import pg from 'pg'
import { expect } from 'vitest'
import { instrument } from '../../../src/instrument/better-auth.ts'
import { must, PASSWORD, type World } from '../full-world.ts'
import { BASE_URL, ORIGIN } from '../open-auth.ts'
import { createVisitor } from '../visitor.ts'
import type { Scenario } from './scenario.ts'

/** Another better-auth over the world's database, counted into the world's registry under the same name. */
function another(world: World, options: BetterAuthOptions) {
  const auth = betterAuth({
    baseURL: BASE_URL,
    secret: world.secret,
    trustedOrigins: [ORIGIN],
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: world.database.pool,
    emailAndPassword: { enabled: true },
    ...options,
  })
  return instrument(auth, { server: 'crm-a', registry: world.counting.registry })
}

/** A browser of its own, whose answers are counted when it has them. */
function visitorOf(
  world: World,
  { auth, flush }: { readonly auth: Pick<Auth, 'handler'>; readonly flush: () => Promise<boolean> },
) {
  const { ask } = createVisitor(auth.handler, 60_000 + Number(world.visitor().address.split('.').at(-1)))
  return async (...asked: Parameters<typeof ask>) => {
    const answer = await ask(...asked)
    await flush()
    return answer
  }
}

/** As in the CRM: whoever is a member nowhere cannot sign in at all, because nobody expected that. */
const brokenHook: BetterAuthOptions['databaseHooks'] = {
  session: {
    create: {
      before: async () => {
        const none: { id: string } | undefined = [].at(0)
        return { data: { activeOrganizationId: none!.id } }
      },
    },
  },
}

/** Someone who shows, instead of a cookie, what was made of the token. */
async function withBearer(world: World, made: (token: string) => string): Promise<() => Promise<unknown>> {
  const { email } = await world.person()
  const ask = visitorOf(world, another(world, { plugins: [bearer()] }))
  const signedIn = await must(ask('/sign-in/email', { body: { email, password: PASSWORD } }))
  const authorization = `Bearer ${made(signedIn.headers.get('set-auth-token') ?? '')}`
  return () => ask('/get-session', { headers: { authorization, cookie: undefined } })
}

export const failures: readonly Scenario[] = [
  {
    when: 'a sign-in fails in a hook of the application',
    counts: 'sign_in_email error server_error',
    async prepare(world) {
      const { email } = await world.person()
      const ask = visitorOf(world, another(world, { databaseHooks: brokenHook }))
      return () => ask('/sign-in/email', { body: { email, password: PASSWORD } })
    },
  },
  {
    when: 'a user cannot be stored, which better-auth answers with 422',
    counts: 'sign_up error server_error',
    async prepare(world) {
      const refuse = { user: { create: { before: async () => false as const } } }
      const ask = visitorOf(world, another(world, { databaseHooks: refuse }))
      return () =>
        ask('/sign-up/email', { body: { name: 'Ada', email: 'lost@example.com', password: PASSWORD } })
    },
  },
  {
    when: 'the handler throws',
    counts: 'sign_in_email error exception',
    async prepare(world) {
      const { email } = await world.person()
      const ask = visitorOf(world, another(world, { databaseHooks: brokenHook, onAPIError: { throw: true } }))
      return () => ask('/sign-in/email', { body: { email, password: PASSWORD } }).catch(() => undefined)
    },
  },
  {
    when: 'a call of auth.api throws what is no answer',
    counts: 'sign_in_email error exception',
    async prepare(world) {
      const { email } = await world.person()
      const { auth } = another(world, { databaseHooks: brokenHook })
      return () => auth.api.signInEmail({ body: { email, password: PASSWORD } }).catch(() => undefined)
    },
  },
  {
    when: 'a key cannot be looked up, of which better-auth says that it is invalid',
    counts: 'verify_api_key error server_error',
    async prepare(world) {
      const pool = new pg.Pool({ connectionString: world.database.url, max: 1 })
      const { auth } = instrument(
        betterAuth({
          baseURL: BASE_URL,
          secret: world.secret,
          telemetry: { enabled: false },
          logger: { disabled: true },
          database: pool,
          plugins: [apiKey()],
        }),
        { server: 'crm-a', registry: world.counting.registry },
      )
      const body = { key: 'x'.repeat(64) }
      // While the database is there, it really is invalid.
      expect(await auth.api.verifyApiKey({ body })).toMatchObject({ error: { code: 'INVALID_API_KEY' } })
      await pool.end()
      return async () =>
        expect(await auth.api.verifyApiKey({ body })).toMatchObject({ error: { code: 'INVALID_API_KEY' } })
    },
  },
  {
    when: 'the proof of being human is missing',
    counts: 'sign_in_email rejected captcha_failed',
    async prepare(world) {
      const plugins = [captcha({ provider: 'hcaptcha', secretKey: 'secret' })]
      const ask = visitorOf(world, another(world, { plugins }))
      return () => ask('/sign-in/email', { body: { email: 'a@example.com', password: PASSWORD } })
    },
  },
  {
    when: 'a bearer token names a session',
    counts: 'get_session success ok',
    prepare: (world) => withBearer(world, (token) => token),
  },
  {
    when: 'a bearer token is of another secret',
    counts: 'get_session rejected bad_signature',
    prepare: (world) => withBearer(world, (token) => `${token.split('.')[0]}.${'A'.repeat(43)}%3D`),
  },
  {
    when: 'a bearer token names a session that is no more',
    counts: 'get_session rejected expired_or_revoked',
    async prepare(world) {
      const act = await withBearer(world, (token) => token)
      await world.database.sql('delete from session')
      return act
    },
  },
  {
    when: 'the same is well again',
    counts: 'sign_in_email success ok',
    async prepare(world) {
      const { email } = await world.person()
      const ask = visitorOf(world, another(world, {}))
      return () => must(ask('/sign-in/email', { body: { email, password: PASSWORD } }))
    },
  },
]
