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
/** Users before those who show what is normal: at most, which bounds the cost, and at least. */
const EARLIER = 1_000
const FEWEST_EARLIER = 5

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

/** All but `newest`. Those who signed up before the window first; on a deployment's first day there are no others than today's. */
function earlier(scope: QueryScope): Sql {
  return sql`
    select "id", "createdAt" from (${users(scope)}) as users
     where "id" not in (select "id" from newest)
     order by "createdAt" > ${scope.ago(scope.policy.signUpWindow)}, "createdAt" desc, "id" desc limit ${EARLIER}`
}

/** Joined and grouped, so that without an index on members one pass over them is enough. */
function marked({ table }: QueryScope, people: Sql): Sql {
  const m = table('member', 'm')
  return sql`
    select people."id", people."createdAt", count(${m.col.userId}) = 0 as "isWithout"
      from (${people}) as people left join ${m.from} on ${m.col.userId} = people."id"
     group by people."id", people."createdAt"`
}

/**
 * How many were without when all was well: up to the newest earlier user who has an organization, and up to the window
 * where there are older users. Else the users of a long fault would become what is normal and end the alarm.
 */
function normal({ ago, policy }: QueryScope): Sql {
  const window = ago(policy.signUpWindow)
  return sql`
    select case when count(*) >= ${FEWEST_EARLIER} then avg(case when "isWithout" then 1 else 0 end) end
      from earlier
     where "createdAt" <= (select least(max("createdAt") filter (where not "isWithout"),
                                        case when bool_or("createdAt" <= ${window}) then ${window} end)
                             from earlier)`
}

/**
 * Nobody who signs up now can sign in. It takes a comparison to tell: that the newest users have no organization while
 * nearly all before them have one. Where users normally have none, and before there are others, nothing is reported.
 */
export const signUpHookBroken = queryCheck({
  id: 'organization.sign_up_hook_broken',
  title: 'New users are not added to an organization',
  every: '1m',
  timeout: '10s',
  rowsOf: 'user',
  offenders: (scope) => sql`
    select "id", "createdAt" from (${marked(scope, newest(scope))}) as newest where "isWithout"`,
  show: ['id', 'createdAt'],
  gauges: {
    newest: gauge(newestUsersWithoutOrganizationRatio, {}),
    established: gauge(establishedUsersWithoutOrganizationRatio, {}),
  },
  measure: (scope) => sql`
    with newest as materialized (${marked(scope, newest(scope))}),
         earlier as materialized (${marked(scope, earlier(scope))})
    select count(*) filter (where "isWithout") as offenders, avg(case when "isWithout" then 1 else 0 end) as "newest",
           (${normal(scope)}) as "established"
      from newest`,
  fix: { decide: 'Repair the hook first; then decide which organization each user belongs to.' },
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
