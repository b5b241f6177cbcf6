import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import {
  earlierSessionsWithoutOrganization,
  newSessionsWithoutOrganization,
} from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'
import { sessionReferences } from '../session-references.ts'

/**
 * Live sessions of users who were a member of an organization when the session began, and whether they are new. Those of
 * users who do not exist are told of by `session.user_missing`, whatever memberships are left of them.
 */
function sessionsOfMembers({ table, asOf, ago, policy }: QueryScope): Sql {
  const s = table('session', 's')
  const m = table('member', 'm')
  const u = table('user', 'u')
  return sql`
    select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.createdAt} as "createdAt",
           ${s.col.activeOrganizationId} is null as absent, ${s.col.createdAt} > ${ago('24h')} as new
      from ${s.from}
     where ${s.col.expiresAt} > ${asOf} and ${s.col.createdAt} <= ${ago(policy.signUpGrace)}
       and exists (select from ${m.from}
                    where ${m.col.userId} = ${s.col.userId} and ${m.col.createdAt} <= ${s.col.createdAt})
       and exists (select from ${u.from} where ${u.col.id} = ${s.col.userId})`
}

/** The numbers of the check, of rows that are live sessions of members. */
function numbers({ isNew, isAbsent, counts }: Readonly<Record<'isNew' | 'isAbsent' | 'counts', Sql>>) {
  const count = (condition: Sql) => sql`count(*) filter (where ${counts} and ${condition})`
  const share = (of: Sql) => sql`(${count(sql`${of} and ${isAbsent}`)})::float8 / nullif(${count(of)}, 0)`
  return {
    offenders: count(sql`${isNew} and ${isAbsent}`),
    share: share(isNew),
    earlier: share(sql`not ${isNew}`),
  }
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
  measure: (scope) => {
    const { offenders, share, earlier } = numbers({
      counts: sql`true`,
      isNew: sql`r.new`,
      isAbsent: sql`r.absent`,
    })
    return sql`
      select ${offenders} as offenders, ${share} as "share", ${earlier} as "earlier"
        from (${sessionsOfMembers(scope)}) as r`
  },
  shared: {
    source: sessionReferences,
    aggregates: ({ ago, policy }) =>
      numbers({
        counts: sql`(r.was_member and r.created_at <= ${ago(policy.signUpGrace)})`,
        isNew: sql`(r.created_at > ${ago('24h')})`,
        isAbsent: sql`not r.is_active`,
      }),
  },
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
