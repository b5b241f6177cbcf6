import { gauge, type QueryScope, queryCheck } from '../../catalogue/check.ts'
import { unusableActiveOrganization } from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'
import { sessionReferences } from '../session-references.ts'

/** Compared as text: where better-auth makes ids of another type, no foreign key gives that type to the active organization. */
function offenders({ table, asOf }: QueryScope): Sql {
  const s = table('session', 's')
  const o = table('organization', 'o')
  return sql`
    select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.activeOrganizationId} as "activeOrganizationId"
      from ${s.from}
     where ${s.col.expiresAt} > ${asOf} and ${s.col.activeOrganizationId} is not null
       and not exists (select from ${o.from} where ${o.col.id}::text = ${s.col.activeOrganizationId}::text)`
}

/**
 * better-auth leaves a few: deleting an organization clears it in the session of whoever deleted it and in no other.
 * So a few are information; a share of all means that organizations vanished.
 */
export const activeOrganizationMissing = queryCheck({
  id: 'session.active_organization_missing',
  title: 'Live sessions have an active organization that does not exist',
  every: '5m',
  timeout: '10s',
  rowsOf: 'session',
  offenders,
  show: ['id', 'userId', 'activeOrganizationId'],
  gauges: { share: gauge(unusableActiveOrganization, { cause: 'missing' }) },
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
      const found = sql`count(*) filter (where r.is_active and not r.has_organization)`
      return {
        offenders: found,
        share: sql`(${found})::float8 / nullif(count(*) filter (where r.is_active), 0)`,
      }
    },
  },
  fix: {
    action: 'set',
    set: () => ({ activeOrganizationId: sql`null` }),
    effect:
      'The application asks these users for an organization again. Organizations that were deleted by mistake have to be restored first.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 2 },
        { metric: 'share', is: 'above', threshold: 0.01 },
      ],
      for: '10m',
      summary: 'Many signed-in users have an active organization that does not exist',
    },
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '1h',
      summary: 'Signed-in users have an active organization that does not exist',
    },
  ],
})
