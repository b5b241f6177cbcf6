import { gauge, scanCheck } from '../../catalogue/check.ts'
import { verifications } from '../../catalogue/families/verification.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth deletes all expired rows when it reads one, at most once a minute. What expired a day ago is left
 * because nothing was read since, which is harmless, or because `verification.disableCleanup` is set.
 */
export const expiredBacklog = scanCheck({
  id: 'verification.expired_backlog',
  title: 'Expired verifications are not being deleted',
  every: '5m',
  timeout: '10s',
  table: 'verification',
  offenders: ({ col, ago }) => sql`${col.expiresAt} <= ${ago('24h')}`,
  show: ['id', 'createdAt', 'expiresAt'],
  gauges: {
    pending: {
      ...gauge(verifications, { state: 'pending' }),
      aggregate: ({ col, asOf }) => sql`count(*) filter (where ${col.expiresAt} > ${asOf})`,
    },
    expired: {
      ...gauge(verifications, { state: 'expired' }),
      aggregate: ({ col, asOf }) => sql`count(*) filter (where ${col.expiresAt} <= ${asOf})`,
    },
  },
  fix: {
    action: 'delete',
    effect: 'Nothing changes for anybody: what they confirm could not be confirmed any more.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 10_000 }],
      for: '30m',
      summary: 'Expired verifications pile up in the verification table',
    },
  ],
})
