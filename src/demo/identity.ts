import type { Context, MiddlewareHandler } from 'hono'
import type { Pool } from 'pg'
import type { Auth } from './auth.ts'
import {
  type ExtensionClaims,
  ExtensionTokenError,
  type TokenRefusal,
  verifyExtensionToken,
} from './extension-token.ts'
import {
  firstOrganization,
  isRevoked,
  type Organization,
  organizationById,
  organizationOfMember,
} from './membership.ts'
import type { ServerSettings } from './settings.ts'

/** Who asks. */
export type Identity =
  | { readonly kind: 'session'; readonly userId: string; readonly activeOrganizationId: string | null }
  | { readonly kind: 'api-key'; readonly userId: string; readonly keyId: string }
  | { readonly kind: 'extension'; readonly userId: string; readonly claims: ExtensionClaims }

export interface Crm {
  readonly settings: ServerSettings
  readonly auth: Auth
  readonly pool: Pool
}

export interface CrmEnvironment {
  Variables: { identity: Identity | undefined; organization: Organization | undefined }
}

type CrmContext = Context<CrmEnvironment>

export function refuse(context: CrmContext, message: string, status: 401 | 403 = 401): Response {
  return context.json({ error: status === 401 ? 'Unauthorized' : 'Forbidden', message }, status)
}

/** Finds out who asks. An invalid API key or token is refused; no credential at all is anonymous. */
export function identify(crm: Crm): MiddlewareHandler<CrmEnvironment> {
  return async (context, next) => {
    const apiKey = context.req.header('x-api-key')
    const bearer = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1]
    if (bearer !== undefined) {
      const claims = await verifyExtensionToken(crm.settings, bearer).catch(refusalOf)
      if (claims instanceof ExtensionTokenError) {
        crm.auth.recordAuthFailure(COUNTED_AS[claims.refusal])
        return refuse(context, claims.message)
      }
      context.set('identity', { kind: 'extension', userId: claims.userId, claims })
    } else if (apiKey !== undefined) {
      const identity = await identifyByKey(crm, apiKey)
      if (identity === undefined) return refuse(context, 'Invalid API key')
      context.set('identity', identity)
    } else {
      context.set('identity', await identifyBySession(crm, context.req.raw.headers))
    }
    return next()
  }
}

/** What the refusal of an extension token is called among authentication events. */
export const COUNTED_AS = {
  signature: 'token_signature',
  expired: 'token_expired',
  audience: 'token_audience',
  wildcard: 'token_scope',
  scope: 'token_scope',
  malformed: 'token_malformed',
} as const satisfies Record<TokenRefusal, string>

export function refusalOf(error: unknown): ExtensionTokenError {
  if (error instanceof ExtensionTokenError) return error
  throw error
}

async function identifyByKey({ auth, pool, settings }: Crm, key: string): Promise<Identity | undefined> {
  const data = await auth.verifyApiKey(key)
  if (!data.valid || data.key === null) return undefined
  if (data.key.referenceId === null) {
    auth.recordAuthFailure('missing_reference')
    return undefined
  }
  if (settings.checkRevokedKeys && (await isRevoked(pool, data.key.id))) {
    auth.recordAuthFailure('key_disabled')
    return undefined
  }
  return { kind: 'api-key', userId: data.key.referenceId, keyId: data.key.id }
}

async function identifyBySession({ auth }: Crm, headers: Headers): Promise<Identity | undefined> {
  const found = await auth.getSession(headers)
  if (found === null) return undefined
  const { userId, activeOrganizationId } = found.session
  return { kind: 'session', userId, activeOrganizationId: activeOrganizationId ?? null }
}

export function requireAuth({ auth }: Crm): MiddlewareHandler<CrmEnvironment> {
  return async (context, next) => {
    if (context.get('identity') === undefined) {
      auth.recordAuthFailure('no_session')
      return refuse(context, 'Authentication required')
    }
    return next()
  }
}

/** Finds the organization the request is about, and refuses those who have none or are no member of it. */
export function requireTenant({ auth, pool }: Crm): MiddlewareHandler<CrmEnvironment> {
  return async (context, next) => {
    const identity = context.get('identity')
    if (identity === undefined) {
      auth.recordAuthFailure('no_session')
      return refuse(context, 'Authentication required')
    }
    const slug = identity.kind === 'extension' ? undefined : context.req.header('x-tenant-id')
    const organization =
      slug === undefined
        ? await ownOrganization(pool, identity)
        : await organizationOfMember(pool, { userId: identity.userId, slug })
    if (organization === undefined) {
      auth.recordAuthFailure(slug === undefined ? 'no_organization' : 'not_a_member')
      const message =
        slug === undefined ? 'User has no organization' : 'User does not have access to organization'
      return refuse(context, message)
    }
    context.set('organization', organization)
    return next()
  }
}

/** As in the CRM, a session's active organization is believed: membership is not looked at again. */
async function ownOrganization(pool: Pool, identity: Identity): Promise<Organization | undefined> {
  if (identity.kind === 'extension') return organizationById(pool, identity.claims.orgId)
  if (identity.kind === 'api-key') return firstOrganization(pool, identity.userId)
  return identity.activeOrganizationId === null
    ? undefined
    : organizationById(pool, identity.activeOrganizationId)
}
