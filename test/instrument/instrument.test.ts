import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type InstrumentError, instrument } from '../../src/instrument/better-auth.ts'
import { countedBy, countersOf } from './counters.ts'
import { openWorld, PASSWORD, type World } from './full-world.ts'
import { BASE_URL, ORIGIN } from './open-auth.ts'
import { CHUNK, made, plainAuth, STREAMED } from './plain-auth.ts'
import { startReceiver, TOKEN } from './receiver.ts'
import { createVisitor } from './visitor.ts'

vi.hoisted(() => {
  process.env.NODE_ENV = 'production'
  process.env.TEST = 'false'
})

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

test('types, properties and the functions’ own properties stay', () => {
  const auth = plainAuth(world)
  const { auth: counted } = instrument(auth, { server: 'crm-a' })
  // Compiles only while the type is the same.
  const same: typeof auth = counted
  expect(Object.keys(same).toSorted()).toEqual(Object.keys(auth).toSorted())
  expect(same.options).toBe(auth.options)
  expect(same.$context).toBe(auth.$context)
  expect(same.$ERROR_CODES).toBe(auth.$ERROR_CODES)
  expect(same.fetch).toBe(same.handler)
  expect('handler' in { ...same }).toBe(true)
  expect(Object.keys(same.api)).toEqual(Object.keys(auth.api))
  expect(same.api.getSession.path).toBe('/get-session')
  expect(same.api.getSession.options).toBe(auth.api.getSession.options)
  // The original is as it was.
  expect(same.handler).not.toBe(auth.handler)
})

test('every answer is what it would be without', async () => {
  const auth = plainAuth(world)
  const registry = new Registry()
  await using receiver = await startReceiver()
  const { auth: counted, flush } = instrument(auth, {
    server: 'crm-a',
    registry,
    push: { url: receiver.url, token: TOKEN },
  })
  const { email } = await world.person()
  const asks = [
    ['/ok', {}],
    ['/get-session', {}],
    ['/sign-in/email', { body: { email, password: 'not the password' } }],
    ['/sign-in/email', { body: { email } }],
    ['/sign-in/email', { body: { email, password: PASSWORD }, headers: { origin: 'https://evil.example' } }],
    ['/list-sessions', {}],
    ['/no-such-route', {}],
  ] as const
  for (const [path, ask] of asks) {
    const without = await createVisitor(auth.handler, 50_001).ask(path, ask)
    const answer = await createVisitor(counted.handler, 50_002).ask(path, ask)
    expect(answer.status).toBe(without.status)
    expect([...answer.headers]).toEqual([...without.headers])
    expect(answer.bodyUsed).toBe(false)
    expect(await answer.text()).toBe(await without.text())
  }
  const good = await createVisitor(counted.handler, 50_003).ask('/sign-in/email', {
    body: { email, password: PASSWORD },
  })
  expect(await good.json()).toMatchObject({ user: { email } })
  expect(await flush()).toBe(true)
  const counted1 = Object.values(await countersOf(registry)).reduce((sum, count) => sum + count, 0)
  expect(counted1).toBe(asks.length + 1)
})

test('errors of auth.api are thrown as they are, and asResponse and returnHeaders stay', async () => {
  const { auth } = instrument(plainAuth(world), { server: 'crm-a' })
  const body = { email: 'nobody@example.com', password: PASSWORD }
  await expect(auth.api.signInEmail({ body })).rejects.toMatchObject({
    name: 'APIError',
    statusCode: 401,
    body: { code: 'INVALID_EMAIL_OR_PASSWORD' },
  })
  const response = await auth.api.signInEmail({ body, asResponse: true })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ code: 'INVALID_EMAIL_OR_PASSWORD' })
  const { email } = await world.person()
  const signedIn = await auth.api.signInEmail({ body: { email, password: PASSWORD }, returnHeaders: true })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const session = await auth.api.getSession({ headers: new Headers({ cookie }) })
  expect(session?.user.email).toBe(email)
})

test('calls of auth.api are counted whatever form their result has', async () => {
  const registry = new Registry()
  const { auth, flush } = instrument(plainAuth(world), { server: 'crm-a', registry })
  const counting = { registry, flush }
  const wrong = { email: 'nobody@example.com', password: PASSWORD }
  const { email } = await world.person()
  const rejected = { 'sign_in_email rejected invalid_credentials': 1 }
  expect(await countedBy(counting, () => auth.api.signInEmail({ body: wrong }).catch(() => {}))).toEqual(
    rejected,
  )
  expect(await countedBy(counting, () => auth.api.signInEmail({ body: wrong, asResponse: true }))).toEqual(
    rejected,
  )
  const right = { email, password: PASSWORD }
  const ok = { 'sign_in_email success ok': 1 }
  expect(await countedBy(counting, () => auth.api.signInEmail({ body: right }))).toEqual(ok)
  expect(await countedBy(counting, () => auth.api.signInEmail({ body: right, asResponse: true }))).toEqual(ok)
  expect(await countedBy(counting, () => auth.api.signInEmail({ body: right, returnHeaders: true }))).toEqual(
    ok,
  )
  const visitor = { headers: new Headers() }
  const anonymous = { 'get_session success anonymous': 1 }
  expect(await countedBy(counting, () => auth.api.getSession({ ...visitor, returnHeaders: true }))).toEqual(
    anonymous,
  )
})

test.each([
  { path: '/slow', ahead: 0 },
  // Of what looks like an error, the code is read from a copy: 64 KiB, one chunk that shows that it is more, and one
  // that streams ask for ahead.
  { path: '/refuse', ahead: 3 },
])('the body of $path is passed on as it comes, and not gathered', async ({ path, ahead }) => {
  const { auth } = instrument(plainAuth(world), { server: 'crm-a', registry: new Registry() })
  const response = await createVisitor(auth.handler, 50_004).ask(path)
  await sleep(50)
  expect(made.chunks).toBe(ahead)
  let bytes = 0
  for await (const chunk of response.body ?? []) bytes += chunk.byteLength
  expect(bytes).toBe(STREAMED * CHUNK.length)
})

test('a body that is sent bit by bit arrives at better-auth, and names an account all the same', async () => {
  await using receiver = await startReceiver()
  const { auth, close } = instrument(plainAuth(world), {
    server: 'crm-a',
    push: { url: receiver.url, token: TOKEN },
  })
  const { email } = await world.person()
  const parts = [`{"email":"${email}",`, `"password":"${PASSWORD}"}`]
  const body = new ReadableStream({
    pull(controller) {
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(part))
    },
  })
  const headers = { origin: ORIGIN, 'content-type': 'application/json', 'x-forwarded-for': '198.18.255.1' }
  const url = `${BASE_URL}/api/auth/sign-in/email`
  const response = await auth.handler(new Request(url, { method: 'POST', body, duplex: 'half', headers }))
  expect(response.status).toBe(200)
  await close()
  expect(receiver.batches.some(({ accounts }) => accounts !== undefined)).toBe(true)
  expect(receiver.batches.some(({ sources }) => sources !== undefined)).toBe(true)
})

test('what the application asks for itself while it serves a request is an event of its own', async () => {
  const registry = new Registry()
  const asked: { session: ((headers: Headers) => Promise<unknown>) | undefined } = { session: undefined }
  const { auth, flush } = instrument(
    plainAuth(world, (headers) => asked.session?.(new Headers(headers)) ?? Promise.resolve()),
    { server: 'crm-a', registry },
  )
  asked.session = (headers) => auth.api.getSession({ headers })
  const browser = createVisitor(auth.handler, 50_005)
  expect(await countedBy({ registry, flush }, () => browser.ask('/list-sessions'))).toEqual({
    'other rejected no_session': 1,
    'get_session success anonymous': 1,
  })
})

test('nothing that the application gives it can break a request', async () => {
  const registry = new Registry()
  const errors: InstrumentError[] = []
  const { auth, flush, recordAuthFailure } = instrument(plainAuth(world), {
    server: 'crm-a',
    registry,
    push: { url: 'http://127.0.0.1:9/ingest', token: TOKEN, intervalMs: 60_000 },
    clientAddress: () => {
      throw new Error('no address')
    },
    onError: (error) => {
      errors.push(error)
      throw new Error('no ear')
    },
  })
  const { email } = await world.person()
  const browser = createVisitor(auth.handler, 50_006)
  const counted = await countedBy({ registry, flush }, async () => {
    const answer = await browser.ask('/sign-in/email', { body: { email, password: PASSWORD } })
    expect(answer.status).toBe(200)
    expect(() => Reflect.apply(recordAuthFailure, undefined, ['toString'])).not.toThrow()
  })
  expect(counted).toEqual({ 'sign_in_email success ok': 1 })
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['not_counted', 'unreachable']))
})

test('options that can never work are refused at the start, and so is instrumenting twice', () => {
  const auth = plainAuth(world)
  const push = { url: 'http://127.0.0.1:9/ingest', token: TOKEN }
  expect(() => instrument(auth, { server: 'CRM A' })).toThrow(TypeError)
  expect(() => instrument(auth, { server: 'crm-a', push: { ...push, url: 'ftp://127.0.0.1' } })).toThrow(
    TypeError,
  )
  expect(() => instrument(auth, { server: 'crm-a', push: { ...push, token: ' ' } })).toThrow(TypeError)
  expect(() => instrument(auth, { server: 'crm-a', push: { ...push, intervalMs: 0 } })).toThrow(TypeError)
  const { auth: counted } = instrument(auth, { server: 'crm-a' })
  expect(() => instrument(counted, { server: 'crm-a' })).toThrow('instrumented already')
  expect(() => instrument(auth, { server: 'crm-b' })).not.toThrow()
})
