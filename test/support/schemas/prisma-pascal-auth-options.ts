import { apiKey } from '@better-auth/api-key'
import { admin, jwt, organization, twoFactor } from 'better-auth/plugins'
import type { AuthOptions } from './auth-options.ts'

/** better-auth on tables that are named for Prisma's models, their columns unchanged. */
export function prismaPascalAuthOptions(): AuthOptions {
  return {
    emailAndPassword: { enabled: true },
    user: { modelName: 'User' },
    session: { modelName: 'Session' },
    account: { modelName: 'Account' },
    verification: { modelName: 'Verification' },
    rateLimit: { enabled: true, storage: 'database', modelName: 'RateLimit' },
    plugins: [
      jwt({ schema: { jwks: { modelName: 'Jwks' } } }),
      admin(),
      twoFactor({ schema: { twoFactor: { modelName: 'TwoFactor' } } }),
      organization({
        schema: {
          organization: { modelName: 'Organization' },
          member: { modelName: 'Member' },
          invitation: { modelName: 'Invitation' },
        },
      }),
      apiKey({ schema: { apikey: { modelName: 'ApiKey' } } }),
    ],
  }
}
