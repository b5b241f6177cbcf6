import { gauge, type ScanScope, scanCheck } from '../../catalogue/check.ts'
import type { Duration } from '../../catalogue/duration.ts'
import { sessionsWithoutAddress } from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** Sessions older than this are no witness of what the servers do now. */
const RECENT: Duration = '1h'

function isRecent({ col, ago }: ScanScope<'session'>): Sql {
  return sql`${col.createdAt} > ${ago(RECENT)}`
}

/** better-auth 1.7 writes an empty address when it found none. */
function isUnplaced(scope: ScanScope<'session'>): Sql {
  return sql`${isRecent(scope)} and coalesce(${scope.col.ipAddress}::text, '') = ''`
}

/**
 * better-auth counts attempts by client address; all clients whose address it cannot find share one count, so that
 * three sign-ins in ten seconds, by anyone, lock out the rest.
 * Applications that set `disableIpTracking`, or that sign users in without a request, turn this off.
 */
export const clientAddressMissing = scanCheck({
  id: 'session.client_address_missing',
  title: 'New sessions have no client address, so that clients share one rate limit',
  every: '1m',
  timeout: '10s',
  table: 'session',
  offenders: isUnplaced,
  show: ['id', 'userId', 'createdAt'],
  gauges: {
    share: {
      ...gauge(sessionsWithoutAddress, {}),
      aggregate: (scope) => sql`(count(*) filter (where ${isUnplaced(scope)}))::float8
        / nullif(count(*) filter (where ${isRecent(scope)}), 0)`,
    },
  },
  fix: {
    decide:
      "Which header does the proxy set to the client's address? Name it in the settings of better-auth.",
  },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 19 },
        // One server of several is enough, and its part is small: it lets few sign-ins through.
        { metric: 'share', is: 'above', threshold: 0.05 },
      ],
      for: '10m',
      summary:
        'The servers do not see client addresses: clients share one rate limit and lock each other out',
    },
  ],
})
