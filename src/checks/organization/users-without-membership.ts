import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import {
  usersWithoutOrganization,
  usersWithoutOrganizationRatio,
} from '../../catalogue/families/organization.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** Users whose ban is in force cannot sign in anyway. */
function users({ table, asOf }: QueryScope): Sql {
  const u = table('user', 'u')
  const banned = u.has('banned') ? u.col.banned : sql`false`
  const banExpires = u.has('banExpires') ? u.col.banExpires : sql`null::timestamptz`
  return sql`
    select ${u.col.id} as "id", ${u.col.createdAt} as "createdAt"
      from ${u.from}
     where ${banned} is not true or ${banExpires} <= ${asOf}`
}

function without(scope: QueryScope): Sql {
  const m = scope.table('member', 'm')
  return sql`
    select "id", "createdAt" from (${users(scope)}) as users
     where not exists (select from ${m.from} where ${m.col.userId} = users."id")`
}

/**
 * The application's sign-in hook takes the user's first organization; without one it fails, so these users cannot sign
 * in. New ones point at sign-up, old ones mostly at people who left: a page for neither. Where half of all users or
 * more have no organization, having none is normal and nothing is reported.
 */
export const usersWithoutMembership = queryCheck({
  id: 'organization.users_without_membership',
  title: 'Users belong to no organization',
  every: '5m',
  timeout: '10s',
  rowsOf: 'user',
  offenders: (scope) => sql`
    select * from (${without(scope)}) as without
     where "createdAt" <= ${scope.ago(scope.policy.signUpGrace)}`,
  show: ['id', 'createdAt'],
  gauges: {
    inGrace: gauge(usersWithoutOrganization, { age: 'grace' }),
    recent: gauge(usersWithoutOrganization, { age: 'new' }),
    old: gauge(usersWithoutOrganization, { age: 'old' }),
    share: gauge(usersWithoutOrganizationRatio, {}),
  },
  measure: (scope) => {
    const grace = scope.ago(scope.policy.signUpGrace)
    const window = scope.ago(scope.policy.signUpWindow)
    return sql`
      select count(*) filter (where "createdAt" <= ${grace}) as offenders,
             count(*) filter (where "createdAt" > ${grace}) as "inGrace",
             count(*) filter (where "createdAt" <= ${grace} and "createdAt" > ${window}) as "recent",
             count(*) filter (where "createdAt" <= ${grace} and "createdAt" <= ${window}) as "old",
             count(*) filter (where "createdAt" <= ${grace})::float8
               / nullif((select count(*) from (${users(scope)}) as users where "createdAt" <= ${grace}), 0) as "share"
        from (${without(scope)}) as without`
  },
  fix: { decide: 'Which organization do they belong to, if any? Only the customer knows.' },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'recent', is: 'above', threshold: 0 },
        { metric: 'share', is: 'below', threshold: 0.5 },
      ],
      for: '30m',
      summary: 'Users who signed up lately belong to no organization',
    },
    {
      severity: 'info',
      when: [
        { metric: 'old', is: 'above', threshold: 0 },
        { metric: 'share', is: 'below', threshold: 0.5 },
      ],
      for: '1h',
      summary: 'Long-standing users belong to no organization',
    },
  ],
})
