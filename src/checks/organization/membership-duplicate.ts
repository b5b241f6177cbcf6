import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * Two requests that add a member at once can both succeed: no unique index forbids it. Removing one row then leaves
 * the user inside, and which of two roles counts is left to chance. Rows beyond the oldest of each pair count.
 */
export const membershipDuplicate = queryCheck({
  id: 'organization.membership_duplicate',
  title: 'Users are members of the same organization twice',
  every: '15m',
  timeout: '10s',
  rowsOf: 'member',
  offenders: ({ table }) => {
    const m = table('member', 'm')
    return sql`
      select "id", "organizationId", "userId", "role"
        from (select ${m.col.id} as "id", ${m.col.organizationId} as "organizationId", ${m.col.userId} as "userId",
                     ${m.col.role} as "role",
                     row_number() over (partition by ${m.col.userId}, ${m.col.organizationId}
                                        order by ${m.col.createdAt}, ${m.col.id}) as place
                from ${m.from}) as memberships
       where place > 1`
  },
  show: ['id', 'organizationId', 'userId', 'role'],
  fix: { decide: "Which of the two roles is right? Keep that row, and never the last owner's other one." },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Removing these members once would leave them inside',
    },
  ],
})
