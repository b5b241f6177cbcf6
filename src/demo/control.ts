import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import { controlDirectory, writeControl } from './control-file.ts'
import type { DemoContext, Fault } from './faults/fault.ts'
import { FaultError, type FaultErrorCode } from './faults/fault-error.ts'
import { faultOf, faults } from './faults/index.ts'
import { activeFaults } from './faults/ledger.ts'

const MAX_BODY_BYTES = 1_024

export interface ControlOptions {
  readonly context: DemoContext
  /** Where the control file is written; default: {@link controlDirectory}. */
  readonly directory?: string
}

const switchSchema = z.strictObject({ on: z.boolean() })

const STATUS: Readonly<Record<FaultErrorCode, 404 | 409>> = {
  ERR_FAULT_UNKNOWN: 404,
  ERR_FAULT_ON: 409,
  ERR_FAULT_OFF: 409,
  ERR_FAULT_CONFLICT: 409,
  ERR_FAULT_FAILED: 409,
}

/**
 * Lets this user switch the demo's faults from another process, on a port of the loopback interface, until disposed.
 * @throws ControlError when another demo is running
 */
export async function serveControl({ context, directory }: ControlOptions): Promise<AsyncDisposable> {
  const token = randomBytes(32).toString('base64url')
  const switches = new Set<Promise<void>>()
  const server = createAdaptorServer({ fetch: controlApp({ context, token, switches }).fetch })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    // A server that is restarted now must not come up after the fleet has ended.
    await Promise.allSettled(switches)
    if ('closeAllConnections' in server) server.closeAllConnections()
    await closed
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const file = await writeControl({ pid: process.pid, port, token }, directory ?? controlDirectory())
    return {
      async [Symbol.asyncDispose]() {
        await file[Symbol.asyncDispose]()
        await close()
      },
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

function controlApp(options: {
  readonly context: DemoContext
  readonly token: string
  /** Those under way; each ends by itself within the deadlines of its statements and restarts. */
  readonly switches: Set<Promise<void>>
}): Hono {
  const { context, token, switches } = options
  const app = new Hono()
  app.use(requireToken(token))
  app.get('/faults', async (request) => {
    const active = await activeFaults(context.databaseUrl)
    return request.json({ faults: faults.map((each) => stateOf(each, active.has(each.id))) })
  })
  app.post('/faults/:id', bodyLimit({ maxSize: MAX_BODY_BYTES }), async (request) => {
    const asked = switchSchema.safeParse(await request.req.json().catch(() => undefined))
    if (!asked.success) {
      return request.json(
        { code: 'ERR_BODY', message: 'The body must be {"on": true} or {"on": false}.' },
        400,
      )
    }
    const found = faultOf(request.req.param('id'))
    const change = asked.data.on ? found.on(context) : found.off(context)
    switches.add(change)
    await change.finally(() => switches.delete(change))
    return request.json(stateOf(found, asked.data.on))
  })
  app.onError((error, request) => failure(error, request))
  return app
}

function stateOf({ id, title }: Fault, on: boolean) {
  return { id, title, on }
}

function failure(error: Error, request: Context): Response {
  if (error instanceof HTTPException) return error.getResponse()
  const { message } = error
  if (error instanceof FaultError) return request.json({ code: error.code, message }, STATUS[error.code])
  return request.json({ code: 'ERR_INTERNAL', message }, 500)
}

function requireToken(token: string): MiddlewareHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const wanted = digest(`Bearer ${token}`)
  return async (request, next) => {
    const given = digest(request.req.header('authorization') ?? '')
    if (timingSafeEqual(given, wanted)) return next()
    return request.json({ code: 'ERR_TOKEN', message: 'The token of the control file is required.' }, 401)
  }
}
