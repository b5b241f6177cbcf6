import type { QueryScope, RowSource } from '../catalogue/check.ts'
import { type Sql, sql } from '../database/sql.ts'

/**
 * Each membership once, with what it refers to. Of two rows one is left out by comparing instead of by grouping: of
 * groups the planner knows so little that it would rather build its hash table of all sessions.
 */
function memberships({ table }: QueryScope): Sql {
  const m = table('member', 'm')
  const d = table('member', 'd')
  const u = table('user', 'u')
  const o = table('organization', 'o')
  return sql`
    select ${m.col.userId} as user_id, ${m.col.organizationId} as organization_id, ${m.col.createdAt} as since,
           ${u.col.id} is not null as has_user, ${o.col.id} is not null as has_organization
      from ${m.from}
      left join ${u.from} on ${u.col.id} = ${m.col.userId}
      left join ${o.from} on ${o.col.id} = ${m.col.organizationId}
     where not exists (select from ${d.from}
                        where ${d.col.userId} = ${m.col.userId} and ${d.col.organizationId} = ${m.col.organizationId}
                          and ${d.col.id} < ${m.col.id})`
}

/** Everybody who is a member of anything, with the time of the first membership. */
function members({ table }: QueryScope): Sql {
  const m = table('member', 'joined')
  return sql`select ${m.col.userId} as user_id, min(${m.col.createdAt}) as since from ${m.from} group by 1`
}

/**
 * Live sessions, with whether their user, their active organization and the membership of one in the other exist. In
 * good health nearly all of them are of a membership, so one look-up answers everything; only for the others are the
 * user and the organization looked up, because nothing is equal to NULL and the join passes over it.
 */
export const sessionReferences: RowSource = {
  id: 'session-references',
  rows: (scope) => {
    const s = scope.table('session', 's')
    const o = scope.table('organization', 'active')
    const u = scope.table('user', 'owner')
    const isMember = sql`g.user_id is not null`
    const isEarly = sql`coalesce(g.since <= ${s.col.createdAt}, false)`
    return sql`
      select ${s.col.createdAt} as created_at, ${s.col.activeOrganizationId} is not null as is_active,
             ${isMember} as is_member,
             coalesce(g.has_organization, false) or ${o.col.id} is not null as has_organization,
             coalesce(g.has_user, false) or ${u.col.id} is not null as has_user,
             ${isEarly} or coalesce(f.since <= ${s.col.createdAt}, false) as was_member
        from ${s.from}
        left join (${memberships(scope)}) as g
          on g.user_id = ${s.col.userId} and g.organization_id = ${s.col.activeOrganizationId}
        left join ${o.from}
          on ${o.col.id} = case when coalesce(g.has_organization, false) then null
                                else ${s.col.activeOrganizationId} end
        left join ${u.from} on ${u.col.id} = case when coalesce(g.has_user, false) then null else ${s.col.userId} end
        left join (${members(scope)}) as f on f.user_id = case when ${isEarly} then null else ${s.col.userId} end
       where ${s.col.expiresAt} > ${scope.asOf}`
  },
}
