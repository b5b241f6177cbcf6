import type { ScanScope } from '../../catalogue/check.ts'
import { gauge, scanCheck } from '../../catalogue/check.ts'
import { seconds } from '../../catalogue/duration.ts'
import { apiKeysExpiringSoon } from '../../catalogue/families/api-key.ts'
import { later } from '../../catalogue/later.ts'
import { switchedOn } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/** A key that was made to live no longer than the warning time would be announced from its first moment on. */
function offender(scope: ScanScope<'apiKey'>) {
  const { col, asOf, ahead, policy } = scope
  const soon = policy.apiKeyExpiringSoon
  return sql`
    ${switchedOn(scope)} and ${col.expiresAt} >= ${asOf} and ${col.expiresAt} < ${ahead(soon)}
    and ${col.expiresAt} > ${later(col.createdAt, seconds(soon))}`
}

function inUse({ col, ago, policy }: ScanScope<'apiKey'>) {
  return sql`coalesce(${col.lastRequest} >= ${ago(policy.apiKeyInUse)}, false)`
}

/** When it expires, better-auth refuses the key and deletes its row at the next request. */
export const expiringSoon = scanCheck({
  id: 'api_key.expiring_soon',
  title: 'API keys are about to expire',
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: offender,
  show: ['id', 'referenceId', 'expiresAt', 'lastRequest'],
  gauges: {
    inUse: {
      ...gauge(apiKeysExpiringSoon, { use: 'in_use' }),
      aggregate: (scope) => sql`count(*) filter (where ${offender(scope)} and ${inUse(scope)})`,
    },
    idle: {
      ...gauge(apiKeysExpiringSoon, { use: 'idle' }),
      aggregate: (scope) => sql`count(*) filter (where ${offender(scope)} and not ${inUse(scope)})`,
    },
  },
  fix: { decide: 'Is the key still needed? Then issue a new one before it ends; if not, let it end.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'inUse', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'API keys in use are about to expire',
    },
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '1h',
      summary: 'API keys are about to expire',
    },
  ],
})
