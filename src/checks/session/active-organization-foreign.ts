import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import { unusableActiveOrganization } from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'
import { sessionReferences } from '../session-references.ts'

/** Compared as text: where better-auth makes ids of another type, no foreign key gives that type to the active organization. */
function offenders({ table, asOf }: QueryScope): Sql {
  const s = table('session', 's')
  const o = table('organization', 'o')
  const m = table('member', 'm')
  return sql`
    select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.activeOrganizationId} as "activeOrganizationId"
      from ${s.from}
     where ${s.col.expiresAt} > ${asOf} and ${s.col.activeOrganizationId} is not null
       and exists (select from ${o.from} where ${o.col.id}::text = ${s.col.activeOrganizationId}::text)
       and not exists (select from ${m.from}
                        where ${m.col.userId} = ${s.col.userId}
                          and ${m.col.organizationId}::text = ${s.col.activeOrganizationId}::text)`
}

/**
 * Such a session meets "User does not have access to organization" on every request for that organization.
 * better-auth itself leaves a few: who is removed by somebody else keeps the organization active in each session
 * until that session next asks for it. So a few are information, and only a share of all is a fault.
 */
export const activeOrganizationForeign = queryCheck({
  id: 'session.active_organization_foreign',
  title: 'Live sessions have an active organization that their user does not belong to',
  every: '5m',
  timeout: '10s',
  rowsOf: 'session',
  offenders,
  show: ['id', 'userId', 'activeOrganizationId'],
  gauges: { share: gauge(unusableActiveOrganization, { cause: 'foreign' }) },
  measure: (scope) => {
    const s = scope.table('session', 's')
    return sql`
      select found.offenders, found.offenders::float8 / nullif(everyone.count, 0) as "share"
        from (select count(*) as offenders from (${offenders(scope)}) as o) as found,
             (select count(*) from ${s.from}
               where ${s.col.expiresAt} > ${scope.asOf} and ${s.col.activeOrganizationId} is not null) as everyone`
  },
  shared: {
    source: sessionReferences,
    aggregates: () => {
      const found = sql`count(*) filter (where r.is_active and r.has_organization and not r.is_member)`
      return {
        offenders: found,
        share: sql`(${found})::float8 / nullif(count(*) filter (where r.is_active), 0)`,
      }
    },
  },
  fix: {
    decide:
      'Were memberships lost by mistake? Then restore them; if not, clear the choice in these sessions.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 2 },
        { metric: 'share', is: 'above', threshold: 0.01 },
      ],
      for: '10m',
      summary: 'Many signed-in users have an active organization they are no member of',
    },
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '1h',
      summary: 'Signed-in users have an active organization they are no member of',
    },
  ],
})
