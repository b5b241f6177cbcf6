import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jwtVerify } from 'jose'
import { z } from 'zod'

// Many servers in one process, each on a port of its own: they answer what a healthy application answers to the probes
// that need no account, and look nothing up for it. It never outlives the channel to its parent.

const orderSchema = z.object({
  count: z.number().int().positive(),
  /** Every so many-th accepts connections and never answers; 0 for none. */
  hangEvery: z.number().int().nonnegative(),
  origins: z.array(z.string()),
  cookie: z.string(),
  extensionSecret: z.string(),
  audience: z.string(),
  scope: z.string(),
})
export type StubOrder = z.infer<typeof orderSchema>

export const stubsSchema = z.array(z.object({ port: z.number(), hangs: z.boolean() }))

/** One for all: servers over one database publish the same. RFC 8037, appendix A.2. */
const KEYS = JSON.stringify({
  keys: [
    {
      kid: 'one',
      kty: 'OKP',
      crv: 'Ed25519',
      alg: 'EdDSA',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    },
  ],
})

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit(0))
  process.once('message', (message) => void serve(orderSchema.parse(message)))
}

async function serve(order: StubOrder): Promise<void> {
  const stubs = []
  for (let place = 1; place <= order.count; place += 1) {
    const hangs = order.hangEvery > 0 && place % order.hangEvery === 0
    const server = createServer(hangs ? () => {} : (request, response) => answer(order, request, response))
    server.listen({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    const { port }: Partial<AddressInfo> = Object(server.address())
    stubs.push({ port, hangs })
  }
  process.send?.(stubs)
}

function answer(order: StubOrder, request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const { origin, cookie, authorization } = request.headers
  const isTrusted = origin !== undefined && order.origins.includes(origin)
  response.setHeader('content-type', 'application/json')
  if (isTrusted) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-allow-credentials', 'true')
  }
  const end = (status: number, body: string) => response.writeHead(status).end(body)
  if (request.method === 'OPTIONS') {
    if (isTrusted) response.setHeader('access-control-allow-headers', 'content-type')
    return void end(204, '')
  }
  const path = request.url?.split('?')[0]
  if (path === '/api/auth/ok') return void end(200, '{"ok":true}')
  if (path === '/api/auth/jwks') return void end(200, KEYS)
  if (path === '/api/auth/sign-in/email') return void end(401, '{"code":"INVALID_EMAIL_OR_PASSWORD"}')
  if (path === '/api/auth/get-session') {
    response.setHeader('set-cookie', `${order.cookie}=; Max-Age=0; Path=/`)
    return void end(200, 'null')
  }
  if (path === '/api/auth/sign-out') {
    if (cookie !== undefined && !isTrusted) return void end(403, '{"code":"INVALID_ORIGIN"}')
    return void end(200, '{"success":true}')
  }
  if (path === '/api/actions/refresh') {
    void useToken(order, authorization).then((refusal) => end(refusal === null ? 200 : 401, refusal ?? '{}'))
    return
  }
  end(401, '{"message":"Authentication required"}')
}

/** Why the token is refused, or null. */
async function useToken(order: StubOrder, authorization = ''): Promise<string | null> {
  const key = new TextEncoder().encode(order.extensionSecret)
  const options = { algorithms: ['HS256'], audience: order.audience }
  const verified = await jwtVerify(authorization.replace('Bearer ', ''), key, options).catch(() => undefined)
  if (verified === undefined) return '{"message":"Extension token invalid"}'
  const { scopes } = verified.payload
  return Array.isArray(scopes) && scopes.includes(order.scope) ? null : '{"message":"scope"}'
}
