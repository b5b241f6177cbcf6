import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { toNextJsHandler } from 'better-auth/next-js'
import { toNodeHandler } from 'better-auth/node'
import { Hono } from 'hono'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { instrument } from '../../src/instrument/better-auth.ts'
import { countedBy } from './counters.ts'
import {
  type AuthDatabase,
  BASE_URL,
  type FullAuth,
  fullOptions,
  ORIGIN,
  openAuth,
  openAuthDatabase,
} from './open-auth.ts'
import { startReceiver, TOKEN } from './receiver.ts'

vi.hoisted(() => {
  process.env.NODE_ENV = 'production'
  process.env.TEST = 'false'
})

const options = fullOptions(new Map(), 'http://127.0.0.1:9', false)
let database: AuthDatabase
beforeAll(async () => {
  database = await openAuthDatabase(options)
})
afterAll(() => database[Symbol.asyncDispose]())

type Serve = (auth: FullAuth) => (request: Request) => Promise<Response>

/** The handler behind a socket, where bodies come in pieces and requests are the framework's own. */
function behindSocket(listen: (auth: FullAuth) => ReturnType<typeof createAdaptorServer>): Serve {
  return (auth) => async (request) => {
    const server = listen(auth)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { pathname, search } = new URL(request.url)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}${search}`
    const { method, headers } = request
    const body = method === 'POST' ? { body: await request.text() } : {}
    const answer = await fetch(url, { method, headers, ...body, redirect: 'manual' })
    const read = new Response(await answer.text(), answer)
    server.close()
    return read
  }
}

const frameworks: Readonly<Record<string, Serve>> = {
  Hono: behindSocket((auth) => {
    const app = new Hono().on(['GET', 'POST'], '/api/auth/*', (context) => auth.handler(context.req.raw))
    return createAdaptorServer({ fetch: app.fetch })
  }),
  Express: behindSocket((auth) => createServer(toNodeHandler(auth))),
  'Next.js': (auth) => (request) => {
    const { GET, POST } = toNextJsHandler(auth)
    return (request.method === 'GET' ? GET : POST)(request)
  },
}

test.each(Object.entries(frameworks))(
  'in %s answers and counts are right, and accounts are seen',
  async (_, serve) => {
    await using receiver = await startReceiver()
    const registry = new Registry()
    const { auth, flush, close } = instrument(openAuth(options, database.pool), {
      server: 'crm-a',
      registry,
      push: { url: receiver.url, token: TOKEN },
    })
    const handle = serve(auth)
    const headers = { origin: ORIGIN, 'content-type': 'application/json', 'x-forwarded-for': '198.18.254.1' }
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'not the password' })
    const wrong = new Request(`${BASE_URL}/api/auth/sign-in/email`, { method: 'POST', headers, body })
    const counted = await countedBy({ registry, flush }, async () => {
      const answer = await handle(wrong)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ code: 'INVALID_EMAIL_OR_PASSWORD' })
      const nobody = await handle(new Request(`${BASE_URL}/api/auth/get-session`))
      expect(await nobody.json()).toBeNull()
    })
    expect(counted).toEqual({
      'sign_in_email rejected invalid_credentials': 1,
      'get_session success anonymous': 1,
    })
    await close()
    expect(
      receiver.batches.filter(({ accounts, sources }) => accounts !== undefined && sources !== undefined),
    ).toHaveLength(1)
  },
)
