import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/** Left behind when the last member's account is deleted, or when creating the first membership failed. */
export const withoutMembers = queryCheck({
  id: 'organization.without_members',
  title: 'Organizations have no members',
  every: '15m',
  timeout: '10s',
  rowsOf: 'organization',
  offenders: ({ table, ago, policy }) => {
    const o = table('organization', 'o')
    const m = table('member', 'm')
    return sql`
      select ${o.col.id} as "id", ${o.col.slug} as "slug", ${o.col.createdAt} as "createdAt"
        from ${o.from}
       where ${o.col.createdAt} <= ${ago(policy.signUpGrace)}
         and not exists (select from ${m.from} where ${m.col.organizationId} = ${o.col.id})`
  },
  show: ['id', 'slug', 'createdAt'],
  fix: {
    decide:
      'Is the organization still wanted? Then give it an owner; if not, delete it with what refers to it.',
  },
  alerts: [
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '1h',
      summary: 'Organizations are left that nobody belongs to',
    },
  ],
})
