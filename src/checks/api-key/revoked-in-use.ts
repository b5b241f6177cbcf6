import type { ScanScope } from '../../catalogue/check.ts'
import { gauge, scanCheck } from '../../catalogue/check.ts'
import type { Duration } from '../../catalogue/duration.ts'
import { apiKeysDisabledInUse, apiKeysRevokedInUse } from '../../catalogue/families/api-key.ts'
import { sql } from '../../database/sql.ts'

/**
 * The critical condition must hold for longer than this, so no single use before a revocation can bring it about:
 * only a key used again after it was revoked stays recent that long.
 */
const RECENT: Duration = '10m'

/** Marked revoked, and nothing that better-auth itself looks at keeps it from being accepted. */
function offender({ col, has, asOf, ago, policy }: ScanScope<'apiKey'>) {
  if (!has('revoked')) return sql`false`
  return sql`
    ${col.revoked} is true and ${col.enabled} is not false
    and (${col.expiresAt} is null or ${col.expiresAt} >= ${asOf})
    and ${col.lastRequest} >= ${ago(policy.apiKeyInUse)}
    and ${col.lastRequest} >= ${col.updatedAt} - interval '5 seconds'`
}

/**
 * `revoked` is the application's own column: better-auth does not know it, so `verifyApiKey` says valid until
 * `enabled` is false too.
 *
 * What a row can prove: an accepted request sets `lastRequest` and, within the same call, `updatedAt`. So when
 * `updatedAt` is later than that, the last write was no use (the revocation, it may be assumed) and the key is at
 * rest. When both are equal the last write was a use: after the revocation, or before one that left `updatedAt`
 * alone, as plain SQL does. Which of the two, only time tells: see `RECENT`.
 *
 * A disabled key is refused before anything is written, so its row cannot show that somebody still tries; that it
 * was in use shortly before is exported, but is no offence.
 */
export const revokedInUse = scanCheck({
  id: 'api_key.revoked_in_use',
  title: 'API keys marked revoked are still accepted and used',
  every: '1m',
  timeout: '10s',
  table: 'apiKey',
  offenders: offender,
  show: ['id', 'referenceId', 'lastRequest', 'updatedAt'],
  gauges: {
    recent: {
      ...gauge(apiKeysRevokedInUse, { last_use: 'recent' }),
      aggregate: (scope) =>
        sql`count(*) filter (where ${offender(scope)} and ${scope.col.lastRequest} >= ${scope.ago(RECENT)})`,
    },
    earlier: {
      ...gauge(apiKeysRevokedInUse, { last_use: 'earlier' }),
      aggregate: (scope) =>
        sql`count(*) filter (where ${offender(scope)} and ${scope.col.lastRequest} < ${scope.ago(RECENT)})`,
    },
    disabled: {
      ...gauge(apiKeysDisabledInUse, {}),
      aggregate: ({ col, ago, policy }) =>
        sql`count(*) filter (where ${col.enabled} is false and ${col.lastRequest} >= ${ago(policy.apiKeyInUse)})`,
    },
  },
  fix: {
    action: 'set',
    set: ({ asOf }) => ({ enabled: sql`false`, updatedAt: asOf }),
    effect:
      'Clients that use these keys are refused from now on, as whoever revoked them meant. It can be undone (`enabled`).',
  },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'recent', is: 'above', threshold: 0 }],
      for: '20m',
      summary: 'A revoked API key is in use and better-auth accepts it',
    },
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'API keys in use were marked revoked but not disabled, so better-auth still accepts them',
    },
  ],
})
