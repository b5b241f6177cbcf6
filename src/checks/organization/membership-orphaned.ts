import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * Foreign keys forbid it where better-auth made the tables; schemas without them do not. When the organization is the
 * missing one, its member may be unable to sign in: the sign-in hook takes the first membership and trusts it.
 */
export const membershipOrphaned = queryCheck({
  id: 'organization.membership_orphaned',
  title: 'Memberships name a user or an organization that does not exist',
  every: '5m',
  timeout: '10s',
  rowsOf: 'member',
  offenders: ({ table }) => {
    const m = table('member', 'm')
    const u = table('user', 'u')
    const o = table('organization', 'o')
    return sql`
      select ${m.col.id} as "id", ${m.col.organizationId} as "organizationId", ${m.col.userId} as "userId"
        from ${m.from}
        left join ${u.from} on ${u.col.id} = ${m.col.userId}
        left join ${o.from} on ${o.col.id} = ${m.col.organizationId}
       where ${u.col.id} is null or ${o.col.id} is null`
  },
  show: ['id', 'organizationId', 'userId'],
  fix: {
    action: 'delete',
    effect:
      'Nobody loses access: the user or the organization is gone. Who could not sign in because of one can again.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '10m',
      summary: 'Memberships point at users or organizations that are gone',
    },
  ],
})
