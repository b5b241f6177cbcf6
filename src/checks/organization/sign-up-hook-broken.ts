import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import {
  establishedUsersWithoutOrganizationRatio,
  newestUsersWithoutOrganizationRatio,
} from '../../catalogue/families/organization.ts'
import { type Sql, sql } from '../../database/sql.ts'

/**
 * So many of the newest users are the sample. A number, not a time: among a day's users on a busy deployment the
 * first hours of a fault would not be a majority.
 */
const SAMPLE = 10

/** Users past their grace; those whose ban is in force cannot sign in anyway. */
function users({ table, asOf, ago, policy }: QueryScope): Sql {
  const u = table('user', 'u')
  const banned = u.has('banned') ? u.col.banned : sql`false`
  const banExpires = u.has('banExpires') ? u.col.banExpires : sql`null::timestamptz`
  return sql`
    select ${u.col.id} as "id", ${u.col.createdAt} as "createdAt"
      from ${u.from}
     where ${u.col.createdAt} <= ${ago(policy.signUpGrace)}
       and (${banned} is not true or ${banExpires} <= ${asOf})`
}

function newest(scope: QueryScope): Sql {
  return sql`
    select "id", "createdAt" from (${users(scope)}) as users
     where "createdAt" > ${scope.ago(scope.policy.signUpWindow)}
     order by "createdAt" desc, "id" desc limit ${SAMPLE}`
}

function withoutOrganization({ table }: QueryScope, some: Sql): Sql {
  const m = table('member', 'm')
  return sql`
    select some."id", some."createdAt", joined."userId" is null as "isWithout"
      from (${some}) as some
      left join (select distinct ${m.col.userId} as "userId" from ${m.from}) as joined on joined."userId" = some."id"`
}

/**
 * Nobody who signs up now can sign in. It takes a comparison to tell: that the newest users have no organization while
 * nearly all others have one. Where users normally have none, and before there are others, nothing is reported.
 */
export const signUpHookBroken = queryCheck({
  id: 'organization.sign_up_hook_broken',
  title: 'New users are not added to an organization',
  every: '1m',
  timeout: '10s',
  offenders: (scope) => sql`
    select "id", "createdAt" from (${withoutOrganization(scope, newest(scope))}) as checked where "isWithout"`,
  show: ['id', 'createdAt'],
  gauges: {
    newest: gauge(newestUsersWithoutOrganizationRatio, {}),
    established: gauge(establishedUsersWithoutOrganizationRatio, {}),
  },
  measure: (scope) => {
    const counted = (some: Sql) => sql`
      select count(*) as "users", count(*) filter (where "isWithout") as "without"
        from (${withoutOrganization(scope, some)}) as checked`
    return sql`
      select sample."without"::float8 / nullif(sample."users", 0) as "newest",
             (everyone."without" - sample."without")::float8 / nullif(everyone."users" - sample."users", 0)
               as "established"
        from (${counted(newest(scope))}) as sample, (${counted(users(scope))}) as everyone`
  },
  alerts: [
    {
      severity: 'critical',
      when: [
        { metric: 'offenders', is: 'above', threshold: 2 },
        { metric: 'newest', is: 'above', threshold: 0.5 },
        { metric: 'established', is: 'below', threshold: 0.2 },
      ],
      for: '5m',
      summary: 'Users who sign up now get no organization and cannot sign in',
    },
  ],
})
