import type { LogicalTable } from './test-schema.ts'

/** The names better-auth gives its tables when nothing is configured. */
export const DEFAULT_TABLES = {
  user: 'user',
  session: 'session',
  account: 'account',
  verification: 'verification',
  organization: 'organization',
  member: 'member',
  invitation: 'invitation',
  apiKey: 'apikey',
  jwks: 'jwks',
  twoFactor: 'twoFactor',
  rateLimit: 'rateLimit',
} as const satisfies Record<LogicalTable, string>
