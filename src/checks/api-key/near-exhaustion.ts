import type { ScanScope } from '../../catalogue/check.ts'
import { gauge, scanCheck } from '../../catalogue/check.ts'
import { apiKeysNearExhaustion } from '../../catalogue/families/api-key.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** A shorter window or refill interval heals before a person could look. Milliseconds, as in the columns. */
const LONG_MS = 3_600_000
/** Of a smaller limit or refill a share means nothing: one use of a key with a limit of one is all of it. */
const SMALLEST_LIMIT = 10
const FEW_REMAINING = 10

/** Subtracting epochs, not times: `infinity` minus a time is an error before PostgreSQL 17. */
function elapsedMs({ asOf }: ScanScope<'apiKey'>, since: Sql): Sql {
  return sql`(extract(epoch from ${asOf}) - extract(epoch from ${since})) * 1000`
}

/**
 * As better-auth counts (api-key plugin 1.7, `evaluateRateLimit`): `requestCount` returns to 1 only when no request
 * was accepted for a whole window. A client that calls twice a day under the default of 10 per day is refused on the
 * sixth day, for a day. Without a window or a maximum there is no limit; `rateLimitEnabled` counts as set when null.
 */
function nearRateLimit(scope: ScanScope<'apiKey'>): Sql {
  const { col } = scope
  return sql`coalesce(
    ${usable(scope, scope)} and ${col.rateLimitEnabled} is not false
    and ${col.rateLimitMax} >= ${SMALLEST_LIMIT} and ${col.rateLimitTimeWindow} >= ${LONG_MS}
    and ${col.requestCount} >= 0.9 * ${col.rateLimitMax}
    and ${elapsedMs(scope, col.lastRequest)} <= ${col.rateLimitTimeWindow}, false)`
}

/**
 * As better-auth counts (`consumeRemaining`): a key is refilled at its first use after the interval, if both interval
 * and amount are set. Else `remaining` only falls, and at 0 the row is deleted. The row does not tell what it fell
 * from, so without a refill a small number counts, and only of a key in use.
 */
function nearRemaining(scope: ScanScope<'apiKey'>): Sql {
  const { col, ago, policy } = scope
  const refills = sql`coalesce(${col.refillInterval}, 0) <> 0 and coalesce(${col.refillAmount}, 0) <> 0`
  return sql`coalesce(${usable(scope, scope)} and case
    when ${refills} then
      ${col.refillAmount} >= ${SMALLEST_LIMIT} and ${col.refillInterval} >= ${LONG_MS}
      and ${col.remaining} <= 0.1 * ${col.refillAmount}
      and ${elapsedMs(scope, sql`coalesce(${col.lastRefillAt}, ${col.createdAt})`)} <= ${col.refillInterval}
    else ${col.remaining} <= ${FEW_REMAINING} and ${col.lastRequest} >= ${ago(policy.apiKeyInUse)}
    end, false)`
}

export const nearExhaustion = scanCheck({
  id: 'api_key.near_exhaustion',
  title: 'API keys have nearly used up their rate limit or their remaining requests',
  every: '1m',
  timeout: '10s',
  table: 'apiKey',
  offenders: (scope) => sql`(${nearRateLimit(scope)} or ${nearRemaining(scope)})`,
  show: [
    'id',
    'referenceId',
    'requestCount',
    'rateLimitMax',
    'rateLimitTimeWindow',
    'remaining',
    'lastRequest',
  ],
  gauges: {
    rate: {
      ...gauge(apiKeysNearExhaustion, { limit: 'rate' }),
      aggregate: (scope) => sql`count(*) filter (where ${nearRateLimit(scope)})`,
    },
    remaining: {
      ...gauge(apiKeysNearExhaustion, { limit: 'remaining' }),
      aggregate: (scope) =>
        sql`count(*) filter (where ${nearRemaining(scope)} and not ${nearRateLimit(scope)})`,
    },
  },
  fix: { decide: 'Is the traffic right? Then raise the limit of the key; if not, talk to its owner.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'rate', is: 'above', threshold: 0 }],
      for: '15m',
      summary: 'API keys are about to be refused by their rate limit',
    },
    {
      severity: 'info',
      when: [{ metric: 'remaining', is: 'above', threshold: 0 }],
      for: '15m',
      summary: 'API keys in use have few requests left',
    },
  ],
})
