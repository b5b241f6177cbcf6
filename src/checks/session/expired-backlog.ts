import { gauge, scanCheck } from '../../catalogue/check.ts'
import { seconds } from '../../catalogue/duration.ts'
import { oldestExpiredSession, sessions } from '../../catalogue/families/session.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth deletes an expired session only when its own cookie comes back, so rows of people who never return
 * stay for ever unless the deployment cleans up. A busy one collects many between two nightly runs, so many alone
 * is no fault: some must also be older than a run that was missed.
 */
export const expiredBacklog = scanCheck({
  id: 'session.expired_backlog',
  title: 'Expired sessions are not being deleted',
  every: '1m',
  timeout: '10s',
  table: 'session',
  offenders: ({ col, asOf }) => sql`${col.expiresAt} <= ${asOf}`,
  show: ['id', 'userId', 'expiresAt'],
  gauges: {
    active: {
      ...gauge(sessions, { state: 'active' }),
      aggregate: ({ col, asOf }) => sql`count(*) filter (where ${col.expiresAt} > ${asOf})`,
    },
    expired: {
      ...gauge(sessions, { state: 'expired' }),
      aggregate: ({ col, asOf }) => sql`count(*) filter (where ${col.expiresAt} <= ${asOf})`,
    },
    oldest: {
      ...gauge(oldestExpiredSession, {}),
      // Before PostgreSQL 17 the distance to an infinite time is an error.
      aggregate: ({ col, asOf }) =>
        sql`extract(epoch from ${asOf} -
              min(${col.expiresAt}) filter (where ${col.expiresAt} <= ${asOf} and isfinite(${col.expiresAt})))`,
    },
  },
  fix: { action: 'delete', effect: 'Nobody is signed out: these sessions are over.' },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 10_000 },
        { metric: 'oldest', is: 'above', threshold: seconds('2d') },
      ],
      for: '30m',
      summary: 'Expired sessions pile up in the session table',
    },
  ],
})
