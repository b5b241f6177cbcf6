import { apiKey } from '@better-auth/api-key'
import type { BetterAuthOptions } from 'better-auth'
import { admin, jwt, organization, twoFactor } from 'better-auth/plugins'
import { prismaPascalAuthOptions } from './prisma-pascal-auth-options.ts'
import { snakeCaseAuthOptions } from './snake-case-auth-options.ts'
import type { Naming } from './test-schema.ts'

/** A better-auth configuration less what a caller has of its own: database, secret, base URL. */
export type AuthOptions = Omit<BetterAuthOptions, 'database'>

/**
 * The configuration with which better-auth itself uses the tables of that naming, with every plugin that has one. The
 * connection to `otherSchema` needs `search_path=auth`.
 */
export function authOptions(naming: Exclude<Naming, 'olderApiKey'>): AuthOptions {
  switch (naming) {
    case 'snakeCase':
      return snakeCaseAuthOptions()
    case 'prismaPascal':
      return prismaPascalAuthOptions()
    case 'noApiKey':
      return defaultAuthOptions([organization()])
    case 'noOrganization':
      return defaultAuthOptions([apiKey()])
    case 'camelCase':
    case 'otherSchema':
      return defaultAuthOptions([organization(), apiKey()])
  }
}

function defaultAuthOptions(plugins: NonNullable<AuthOptions['plugins']>): AuthOptions {
  return {
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: true, storage: 'database' },
    plugins: [jwt(), admin(), twoFactor(), ...plugins],
  }
}
