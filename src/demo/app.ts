import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'
import { ExtensionTokenError, mintExtensionToken, requireScope } from './extension-token.ts'
import {
  COUNTED_AS,
  type Crm,
  type CrmEnvironment,
  identify,
  refusalOf,
  refuse,
  requireAuth,
  requireTenant,
} from './identity.ts'
import { recordsOf } from './membership.ts'
import type { ServerSettings } from './settings.ts'

const tokenRequestSchema = z.strictObject({
  extensionId: z.string().min(1).max(64),
  scopes: z.array(z.string().min(1).max(64)).max(20),
})

/** The CRM: its own routes, and better-auth's below /api/auth. */
export function createApp(crm: Crm): Hono<CrmEnvironment> {
  const { settings, auth, pool } = crm
  const app = new Hono<CrmEnvironment>()
  app.use(dateOfProcess())
  app.use(
    cors({
      origin: (origin) => (isAllowed(settings, origin) ? origin : null),
      credentials: true,
      allowHeaders: ['authorization', 'content-type', 'x-api-key', 'x-tenant-id'],
    }),
  )
  app.get('/healthz', (context) => context.json({ ok: true }))
  app.on(['GET', 'POST'], '/api/auth/*', (context) => auth.handler(context.req.raw))
  const { attestation } = auth
  if (attestation) app.all('/authwatch/attestation', (context) => attestation(context.req.raw))

  app.use('/api/*', identify(crm))
  app.get('/api/me', requireTenant(crm), (context) =>
    context.json({ identity: context.get('identity'), organization: context.get('organization') }),
  )
  app.get(
    '/api/records',
    requireTenant(crm),
    requireScopeOfExtension(crm, 'records:read'),
    async (context) => {
      const organization = context.get('organization')!
      return context.json({
        organization: organization.slug,
        records: await recordsOf(pool, organization.id),
      })
    },
  )
  app.post(
    '/api/actions/:name',
    requireTenant(crm),
    requireScopeOfExtension(crm, 'actions:invoke'),
    (context) => {
      const identity = context.get('identity')
      if (identity?.kind !== 'extension') return refuse(context, 'An extension token is required')
      return context.json({
        action: context.req.param('name'),
        organization: context.get('organization')!.slug,
      })
    },
  )
  app.post('/api/extension-tokens', requireTenant(crm), mintForUser(settings))
  addDebugRoute(app, crm)
  app.onError((error, context) => {
    process.stderr.write(`${error.stack ?? error.message}\n`)
    return context.json({ error: 'Internal Server Error', message: 'Internal Server Error' }, 500)
  })
  return app
}

/** Node makes this header with a clock of its own, which `clockOffsetMs` does not move. */
function dateOfProcess(): MiddlewareHandler {
  return async (context, next) => {
    await next()
    context.header('date', new Date().toUTCString())
  }
}

function isAllowed({ corsOrigins }: ServerSettings, origin: string): boolean {
  return corsOrigins.includes('*') || corsOrigins.includes(origin)
}

function requireScopeOfExtension({ settings, auth }: Crm, scope: string): MiddlewareHandler<CrmEnvironment> {
  return async (context, next) => {
    const identity = context.get('identity')
    if (identity?.kind === 'extension') {
      try {
        requireScope(settings, identity.claims, scope)
      } catch (error) {
        const { message, refusal } = refusalOf(error)
        auth.recordAuthFailure(COUNTED_AS[refusal])
        return refuse(context, message, 403)
      }
    }
    return next()
  }
}

function mintForUser(settings: ServerSettings): MiddlewareHandler<CrmEnvironment> {
  return async (context) => {
    const identity = context.get('identity')
    if (identity?.kind !== 'session') return refuse(context, 'A session is required')
    const request = tokenRequestSchema.safeParse(await context.req.json().catch(() => undefined))
    if (!request.success)
      return context.json({ error: 'Bad Request', message: z.prettifyError(request.error) }, 400)
    const { extensionId, scopes } = request.data
    const orgId = context.get('organization')!.id
    const claims = { orgId, userId: identity.userId, extension_id: extensionId, scopes }
    const token = await mintExtensionToken(settings, claims).catch(refusalOf)
    if (token instanceof ExtensionTokenError) return refuse(context, token.message, 403)
    return context.json({ token, expiresIn: settings.extensionTokenLifetime })
  }
}

function addDebugRoute(app: Hono<CrmEnvironment>, crm: Crm): void {
  app.use('/debug/*', identify(crm))
  if (!crm.settings.debugRouteOpen) app.use('/debug/*', requireAuth(crm))
  app.get('/debug/session', (context) => context.json({ identity: context.get('identity') ?? null }))
}
