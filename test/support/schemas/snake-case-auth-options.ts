import { apiKey } from '@better-auth/api-key'
import { admin, jwt, organization, twoFactor } from 'better-auth/plugins'
import type { AuthOptions } from './auth-options.ts'

const created = { createdAt: 'created_at' } as const
const stamps = { ...created, updatedAt: 'updated_at' } as const

/** A deployment that renames every table and column in its better-auth configuration. */
export function snakeCaseAuthOptions(): AuthOptions {
  return {
    emailAndPassword: { enabled: true },
    user: { fields: { emailVerified: 'email_verified', ...stamps } },
    session: {
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...stamps,
      },
    },
    account: {
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...stamps,
      },
    },
    verification: { fields: { expiresAt: 'expires_at', ...stamps } },
    rateLimit: {
      enabled: true,
      storage: 'database',
      modelName: 'rate_limit',
      fields: { lastRequest: 'last_request' },
    },
    plugins: [jwtPlugin(), adminPlugin(), twoFactorPlugin(), organizationPlugin(), apiKeyPlugin()],
  }
}

function jwtPlugin() {
  const fields = { publicKey: 'public_key', privateKey: 'private_key', ...created, expiresAt: 'expires_at' }
  return jwt({ schema: { jwks: { fields } } })
}

function adminPlugin() {
  return admin({
    schema: {
      user: { fields: { banReason: 'ban_reason', banExpires: 'ban_expires' } },
      session: { fields: { impersonatedBy: 'impersonated_by' } },
    },
  })
}

function twoFactorPlugin() {
  return twoFactor({
    schema: {
      user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
      twoFactor: {
        modelName: 'two_factor',
        fields: {
          backupCodes: 'backup_codes',
          userId: 'user_id',
          failedVerificationCount: 'failed_verification_count',
          lockedUntil: 'locked_until',
        },
      },
    },
  })
}

function organizationPlugin() {
  const organizationId = { organizationId: 'organization_id' }
  return organization({
    schema: {
      session: { fields: { activeOrganizationId: 'active_organization_id' } },
      organization: { fields: created },
      member: { fields: { ...organizationId, userId: 'user_id', ...created } },
      invitation: {
        fields: { ...organizationId, inviterId: 'inviter_id', expiresAt: 'expires_at', ...created },
      },
    },
  })
}

function apiKeyPlugin() {
  const fields = {
    configId: 'config_id',
    referenceId: 'reference_id',
    refillInterval: 'refill_interval',
    refillAmount: 'refill_amount',
    lastRefillAt: 'last_refill_at',
    rateLimitEnabled: 'rate_limit_enabled',
    rateLimitTimeWindow: 'rate_limit_time_window',
    rateLimitMax: 'rate_limit_max',
    requestCount: 'request_count',
    lastRequest: 'last_request',
    expiresAt: 'expires_at',
    ...stamps,
  }
  return apiKey({ schema: { apikey: { modelName: 'api_key', fields } } })
}
