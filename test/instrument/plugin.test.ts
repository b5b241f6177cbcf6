import { betterAuth } from 'better-auth'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { authwatchPlugin, instrument } from '../../src/instrument/better-auth.ts'
import { countedBy } from './counters.ts'
import { type AuthDatabase, fullOptions, openAuth, openAuthDatabase } from './open-auth.ts'
import { createVisitor } from './visitor.ts'

vi.hoisted(() => {
  process.env.NODE_ENV = 'production'
  process.env.TEST = 'false'
})

const PASSWORD = 'correct horse battery'
const options = fullOptions(new Map(), 'http://127.0.0.1:9')
let database: AuthDatabase
beforeAll(async () => {
  database = await openAuthDatabase(options)
  const visitor = createVisitor(openAuth(options, database.pool).handler, 40_000)
  await visitor.ask('/sign-up/email', { body: { name: 'Ada', email: 'ada@example.com', password: PASSWORD } })
  await database.sql('update "user" set "emailVerified" = true')
})
afterAll(() => database[Symbol.asyncDispose]())

function withPlugin(registry: Registry) {
  const plugin = authwatchPlugin({ server: 'crm-a', registry })
  const auth = betterAuth({ ...options, plugins: [...options.plugins, plugin], database: database.pool })
  return { auth, counting: { registry, flush: plugin.flush } }
}

let visitors = 41_000
function visitorOf(auth: Parameters<typeof createVisitor>[0]) {
  visitors += 1
  return createVisitor(auth, visitors)
}

const right = { email: 'ada@example.com', password: PASSWORD }
const wrong = { email: 'ada@example.com', password: 'not the password' }

test('the plugin counts what hooks are shown', async () => {
  const { auth, counting } = withPlugin(new Registry())
  const ask = (path: string, asked = {}) => visitorOf(auth.handler).ask(path, asked)
  const counted = (work: () => Promise<unknown>) => countedBy(counting, work)
  expect(await counted(() => ask('/sign-in/email', { body: right }))).toEqual({
    'sign_in_email success ok': 1,
  })
  expect(await counted(() => ask('/sign-in/email', { body: wrong }))).toEqual({
    'sign_in_email rejected invalid_credentials': 1,
  })
  const headers = { origin: 'https://evil.example' }
  expect(await counted(() => ask('/sign-in/email', { body: right, headers }))).toEqual({
    'sign_in_email rejected untrusted_origin': 1,
  })
  expect(await counted(() => ask('/get-session'))).toEqual({ 'get_session success anonymous': 1 })
  expect(await counted(() => ask('/get-session', { headers: { 'x-api-key': 'x'.repeat(64) } }))).toEqual({
    'get_session rejected key_invalid': 1,
  })
  expect(await counted(() => auth.api.getSession({ headers: new Headers() }))).toEqual({
    'get_session success anonymous': 1,
  })
  expect(await counted(() => auth.api.verifyApiKey({ body: { key: 'x'.repeat(64) } }))).toEqual({
    'verify_api_key rejected key_invalid': 1,
  })
  expect(await counted(() => auth.api.signInEmail({ body: wrong }).catch(() => {}))).toEqual({
    'sign_in_email rejected invalid_credentials': 1,
  })
})

test('it is blind where its description says so', async () => {
  const { auth, counting } = withPlugin(new Registry())
  const visitor = visitorOf(auth.handler)
  for (let each = 0; each < 3; each += 1) await visitor.ask('/sign-in/email', { body: wrong })
  const limited = async () => expect((await visitor.ask('/sign-in/email', { body: wrong })).status).toBe(429)
  expect(await countedBy(counting, limited)).toEqual({})
  const headers = new Headers({ 'x-api-key': 'x'.repeat(64) })
  const refused = () => expect(auth.api.getSession({ headers })).rejects.toMatchObject({ statusCode: 401 })
  expect(await countedBy(counting, refused)).toEqual({})
})

test('together with the wrapper nothing is counted twice, and nothing is missed', async () => {
  const registry = new Registry()
  const { auth: inner } = withPlugin(registry)
  const { auth, flush } = instrument(inner, { server: 'crm-a', registry })
  const counted = (work: () => Promise<unknown>) => countedBy({ registry, flush }, work)
  const visitor = visitorOf(auth.handler)
  const signIn = () => visitor.ask('/sign-in/email', { body: wrong })
  for (let each = 0; each < 3; each += 1) {
    expect(await counted(signIn)).toEqual({ 'sign_in_email rejected invalid_credentials': 1 })
  }
  expect(await counted(signIn)).toEqual({ 'sign_in_email rejected rate_limited': 1 })
  expect(await counted(() => auth.api.getSession({ headers: new Headers() }))).toEqual({
    'get_session success anonymous': 1,
  })
  // What goes past the wrapper is the plugin's.
  expect(await counted(() => inner.api.getSession({ headers: new Headers() }))).toEqual({
    'get_session success anonymous': 1,
  })
})
