import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import {
  earlierSessionsWithoutOrganization,
  newSessionsWithoutOrganization,
} from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** Live sessions of users who were a member of an organization when the session began, and whether they are new. */
function sessionsOfMembers({ table, asOf, ago, policy }: QueryScope): Sql {
  const s = table('session', 's')
  const m = table('member', 'm')
  return sql`
    select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.createdAt} as "createdAt",
           ${s.col.activeOrganizationId} is null as absent, ${s.col.createdAt} > ${ago('24h')} as new
      from ${s.from}
     where ${s.col.expiresAt} > ${asOf} and ${s.col.createdAt} <= ${ago(policy.signUpGrace)}
       and exists (select from ${m.from}
                    where ${m.col.userId} = ${s.col.userId} and ${m.col.createdAt} <= ${s.col.createdAt})`
}

/**
 * better-auth sets no active organization at sign-in; an application's own `session.create.before` hook does, and
 * when it stops, requests that name no organization are refused. Many applications have no such hook, so the
 * sessions of earlier days are the witness: only where they have an organization is its absence news.
 */
export const activeOrganizationAbsent = queryCheck({
  id: 'session.active_organization_absent',
  title: 'New sessions start without an active organization although their users belong to one',
  every: '5m',
  timeout: '10s',
  rowsOf: 'session',
  offenders: (scope) =>
    sql`select r."id", r."userId", r."createdAt" from (${sessionsOfMembers(scope)}) as r where r.new and r.absent`,
  show: ['id', 'userId', 'createdAt'],
  gauges: {
    share: gauge(newSessionsWithoutOrganization, {}),
    earlier: gauge(earlierSessionsWithoutOrganization, {}),
  },
  measure: (scope) => sql`
    select count(*) filter (where r.new and r.absent) as offenders,
           (count(*) filter (where r.new and r.absent))::float8
             / nullif(count(*) filter (where r.new), 0) as "share",
           (count(*) filter (where not r.new and r.absent))::float8
             / nullif(count(*) filter (where not r.new), 0) as "earlier"
      from (${sessionsOfMembers(scope)}) as r`,
  fix: { decide: 'Repair the hook that sets it; then choose which organization each session starts with.' },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 4 },
        { metric: 'share', is: 'above', threshold: 0.5 },
        { metric: 'earlier', is: 'below', threshold: 0.2 },
      ],
      for: '30m',
      summary: 'Most new sessions have no active organization, which earlier ones have',
    },
  ],
})
