import type { ScanScope } from '../../catalogue/check.ts'
import { gauge, scanCheck } from '../../catalogue/check.ts'
import { apiKeysWithoutReference } from '../../catalogue/families/api-key.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

function offender(scope: ScanScope<'apiKey'>) {
  return sql`coalesce(${scope.col.referenceId}::text, '') = '' and ${usable(scope, scope)}`
}

function inUse({ col, ago, policy }: ScanScope<'apiKey'>) {
  return sql`coalesce(${col.lastRequest} >= ${ago(policy.apiKeyInUse)}, false)`
}

/**
 * better-auth verifies such a key; the application then finds nobody it could act for and answers 401. So nothing is
 * open that should be closed, and one broken client is work for the day: a warning. Several of them in use at once
 * are the mark of a migration that lost the column (`userId` became `referenceId` in better-auth 1.5): critical.
 */
export const noReference = scanCheck({
  id: 'api_key.no_reference',
  title: 'Usable API keys name no owner',
  every: '1m',
  timeout: '10s',
  table: 'apiKey',
  offenders: offender,
  show: ['id', 'createdAt', 'lastRequest'],
  gauges: {
    inUse: {
      ...gauge(apiKeysWithoutReference, { use: 'in_use' }),
      aggregate: (scope) => sql`count(*) filter (where ${offender(scope)} and ${inUse(scope)})`,
    },
    idle: {
      ...gauge(apiKeysWithoutReference, { use: 'idle' }),
      aggregate: (scope) => sql`count(*) filter (where ${offender(scope)} and not ${inUse(scope)})`,
    },
  },
  fix: { decide: 'Whose keys are they? Only the column they were migrated from, or a backup, can tell.' },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'inUse', is: 'above', threshold: 2 }],
      for: '10m',
      summary: 'Several API keys in use have lost their owner, so their requests are refused',
    },
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '10m',
      summary: 'API keys without an owner are refused by the application',
    },
  ],
})
