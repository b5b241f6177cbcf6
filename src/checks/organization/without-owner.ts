import { queryCheck } from '../../catalogue/check.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** better-auth keeps several roles as comma-separated text and trims each (`parseRoleList`). */
function isOwner(role: Sql): Sql {
  return sql`${role} ~ '(^|,)[[:space:]]*owner[[:space:]]*(,|$)'`
}

/**
 * Nobody can invite an owner, rename or delete such an organization. better-auth keeps the last owner from leaving,
 * but not their account from being deleted, which takes the membership along. A deployment with no owner anywhere has
 * given its creators another role (`creatorRole`), so nothing is reported there. Empty organizations have their own
 * check.
 */
export const withoutOwner = queryCheck({
  id: 'organization.without_owner',
  title: 'Organizations with members have no owner',
  every: '5m',
  timeout: '10s',
  rowsOf: 'organization',
  offenders: ({ table, ago, policy }) => {
    const o = table('organization', 'o')
    const m = table('member', 'm')
    const owner = table('member', 'owner')
    const anywhere = table('member', 'anywhere')
    return sql`
      select ${o.col.id} as "id", ${o.col.slug} as "slug", ${o.col.createdAt} as "createdAt"
        from ${o.from}
       where ${o.col.createdAt} <= ${ago(policy.signUpGrace)}
         and exists (select from ${m.from} where ${m.col.organizationId} = ${o.col.id})
         and not exists (select from ${owner.from}
                          where ${owner.col.organizationId} = ${o.col.id} and ${isOwner(owner.col.role)})
         and exists (select from ${anywhere.from} where ${isOwner(anywhere.col.role)})`
  },
  show: ['id', 'slug', 'createdAt'],
  fix: { decide: 'Who is to own it? Ask the customer.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Organizations have members but nobody who owns them',
    },
  ],
})
