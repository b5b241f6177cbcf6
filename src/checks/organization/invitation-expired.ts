import { scanCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth refuses an expired invitation by its date and never changes its status, so some are always there and do
 * no harm; only the table grows.
 */
export const invitationExpired = scanCheck({
  id: 'organization.invitation_expired',
  title: 'Expired invitations are kept as pending',
  every: '15m',
  timeout: '10s',
  table: 'invitation',
  offenders: ({ col, asOf }) => sql`${col.status} = 'pending' and ${col.expiresAt} < ${asOf}`,
  show: ['id', 'organizationId', 'expiresAt'],
  fix: {
    action: 'delete',
    effect: 'Nobody can accept them any more. Whoever is still wanted has to be invited anew.',
  },
  alerts: [
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 10_000 }],
      for: '1h',
      summary: 'Expired invitations pile up in the invitation table',
    },
  ],
})
