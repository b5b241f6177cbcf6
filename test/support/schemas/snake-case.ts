import { migrateBetterAuth } from './migrate-better-auth.ts'
import { runSql } from './run-sql.ts'
import type { TestSchema } from './test-schema.ts'

export const snakeCase: TestSchema = {
  postgresSchema: 'public',
  tables: {
    user: 'user',
    session: 'session',
    account: 'account',
    verification: 'verification',
    organization: 'organization',
    member: 'member',
    invitation: 'invitation',
    apiKey: 'api_key',
    jwks: 'jwks',
    twoFactor: 'two_factor',
    rateLimit: 'rate_limit',
  },
  column: (_table, logical) => logical.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  async build(url) {
    await migrateBetterAuth({ url, naming: 'snakeCase' })
    await runSql(url, 'alter table api_key add column revoked boolean default false')
  },
}
