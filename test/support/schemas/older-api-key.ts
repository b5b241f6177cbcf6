import { DEFAULT_TABLES } from './default-tables.ts'
import { migrateBetterAuth } from './migrate-better-auth.ts'
import { runSql } from './run-sql.ts'
import type { TestSchema } from './test-schema.ts'

/** What `getMigrations` of better-auth 1.4.18 made, where it differs from the version installed here. */
const AS_IN_1_4 = `
alter table jwks drop column alg, drop column crv;
alter table "twoFactor"
  drop column verified, drop column "failedVerificationCount", drop column "lockedUntil";
create table apikey (
  id text not null primary key,
  name text,
  start text,
  prefix text,
  key text not null,
  "userId" text not null references "user" (id) on delete cascade,
  "refillInterval" integer,
  "refillAmount" integer,
  "lastRefillAt" timestamptz,
  enabled boolean,
  "rateLimitEnabled" boolean,
  "rateLimitTimeWindow" integer,
  "rateLimitMax" integer,
  "requestCount" integer,
  remaining integer,
  "lastRequest" timestamptz,
  "expiresAt" timestamptz,
  "createdAt" timestamptz not null,
  "updatedAt" timestamptz not null,
  permissions text,
  metadata text
);
create index apikey_key_idx on apikey (key);
create index "apikey_userId_idx" on apikey ("userId");
`

export const olderApiKey: TestSchema = {
  postgresSchema: 'public',
  tables: DEFAULT_TABLES,
  column: (table, logical) => (table === 'apiKey' && logical === 'referenceId' ? 'userId' : logical),
  async build(url) {
    await migrateBetterAuth({ url, naming: 'noApiKey' })
    await runSql(url, AS_IN_1_4)
  },
}
