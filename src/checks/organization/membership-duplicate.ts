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
    const d = table('member', 'd')
    return sql`
      select ${m.col.id} as "id", ${m.col.organizationId} as "organizationId", ${m.col.userId} as "userId",
             ${m.col.role} as "role"
        from ${m.from}
       where exists (select from ${d.from}
                      where ${d.col.userId} = ${m.col.userId} and ${d.col.organizationId} = ${m.col.organizationId}
                        and (${d.col.createdAt}, ${d.col.id}) < (${m.col.createdAt}, ${m.col.id}))`
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
