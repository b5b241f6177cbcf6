import { apiKey } from '@better-auth/api-key'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { admin, jwt, organization } from 'better-auth/plugins'
import type { Pool } from 'pg'
import { attest, type CountingControls, instrument } from '../instrument/better-auth.ts'
import { cookiePolicy } from './cookie-policy.ts'
import { firstOrganization, joinOrganization } from './membership.ts'
import { passwordHashing } from './password-hashing.ts'
import type { ServerSettings } from './settings.ts'
import * as snakeCase from './snake-case.ts'

/** The demo's clients use their keys more often than better-auth's default of ten times a day. */
const KEY_REQUESTS_PER_DAY = 100_000
const DAY_MS = 24 * 60 * 60 * 1_000

interface Session {
  readonly userId: string
  readonly activeOrganizationId?: string | null | undefined
}

/** What the CRM uses of better-auth, counted. */
export interface Auth extends Pick<CountingControls, 'recordAuthFailure' | 'close'> {
  handler(request: Request): Promise<Response>
  getSession(
    headers: Headers,
  ): Promise<{ readonly user: { readonly id: string }; readonly session: Session } | null>
  verifyApiKey(key: string): Promise<{
    readonly valid: boolean
    readonly key: { readonly id: string; readonly referenceId: string | null } | null
  }>
  /** Undefined when nobody may compare this server with others. */
  readonly attestation: ((request: Request) => Promise<Response>) | undefined
}

export function createAuth(settings: ServerSettings, pool: Pool): Auth {
  const { auth, recordAuthFailure, close } = instrument(
    betterAuth({ ...authOptions(settings, pool), plugins: authPlugins() }),
    { server: settings.name, push: settings.ingest },
  )
  const attested = {
    secrets: { auth: settings.secret, extension_token: settings.extensionTokenSecret },
    settings: { extensionTokenLifetimeSeconds: settings.extensionTokenLifetime },
  }
  return {
    recordAuthFailure,
    close,
    attestation:
      settings.attestationToken === undefined
        ? undefined
        : attest(auth, { tokens: settings.attestationToken, ...attested }),
    handler: (request) => auth.handler(request),
    getSession: (headers) => auth.api.getSession({ headers }),
    async verifyApiKey(key) {
      const data = await auth.api.verifyApiKey({ body: { key } })
      return { valid: data.valid, key: data.key }
    },
  }
}

export function authPlugins() {
  return [
    organization({ schema: snakeCase.organization }),
    admin({ schema: snakeCase.admin }),
    apiKey({
      rateLimit: { enabled: true, maxRequests: KEY_REQUESTS_PER_DAY, timeWindow: DAY_MS },
      schema: snakeCase.apiKey,
    }),
    jwt({ schema: snakeCase.jwks }),
  ]
}

/** All but the plugins. */
export function authOptions(settings: ServerSettings, pool: Pool) {
  return {
    appName: 'crm',
    database: pool,
    baseURL: settings.baseURL,
    secret: settings.secret,
    trustedOrigins: [...settings.trustedOrigins],
    telemetry: { enabled: false },
    logger: { level: 'error' },
    // Users sign in after they signed up, so that the session finds the membership that the sign-up makes.
    emailAndPassword: { enabled: true, autoSignIn: false, ...passwordHashing(settings) },
    user: snakeCase.user,
    session: {
      ...snakeCase.session,
      expiresIn: settings.sessionExpiresIn,
      cookieCache: { enabled: true, maxAge: settings.cookieCacheMaxAge },
    },
    account: snakeCase.account,
    verification: snakeCase.verification,
    rateLimit: { enabled: settings.rateLimit },
    advanced: {
      ...cookiePolicy(settings),
      ipAddress: { ipAddressHeaders: [...settings.ipAddressHeaders] },
    },
    hooks: { before: createAuthMiddleware(async ({ path }) => refuseSignIn(settings, path)) },
    databaseHooks: databaseHooks(settings, pool),
  } satisfies BetterAuthOptions
}

function refuseSignIn({ failSignIn }: ServerSettings, path: string | undefined): void {
  if (failSignIn && path?.startsWith('/sign-in') === true) throw new APIError('INTERNAL_SERVER_ERROR')
}

function databaseHooks(settings: ServerSettings, pool: Pool) {
  return {
    session: {
      create: {
        before: async (session) => {
          const organization = await firstOrganization(pool, session.userId)
          // As in the CRM, without a look at whether there is one: who is a member nowhere cannot sign in.
          return { data: { ...session, activeOrganizationId: organization!.id } }
        },
      },
    },
    user: {
      create: {
        after: async (user, context) => {
          if (!settings.signUpJoinsOrganization) return
          const slug = context?.request?.headers.get('x-tenant-id') ?? `home-${user.id.toLowerCase()}`
          await joinOrganization(pool, { userId: user.id, slug })
        },
      },
    },
  } satisfies BetterAuthOptions['databaseHooks']
}
