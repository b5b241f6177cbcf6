import type { QueryScope, RowSource } from '../catalogue/check.ts'
import { type Sql, sql } from '../database/sql.ts'

/**
 * Every user, with the first and the last of the user's organizations by id, since when there has been a membership,
 * and whether all of them exist. Compared as bytes, since only equality counts, and as text,
 * since ids of other types have no least one before PostgreSQL 18.
 */
function people({ table }: QueryScope): Sql {
  const u = table('user', 'u')
  const m = table('member', 'm')
  const o = table('organization', 'o')
  const organization = sql`${m.col.organizationId}::text collate "C"`
  return sql`
    select ${u.col.id} as id, joined.since, joined.first, nullif(joined.last, joined.first) as last,
           joined.memberships, joined.all_exist
      from ${u.from}
      left join (select ${m.col.userId} as user_id, min(${m.col.createdAt}) as since, min(${organization}) as first,
                        max(${organization}) as last, count(*) as memberships,
                        bool_and(${o.col.id} is not null) as all_exist
                   from ${m.from} left join ${o.from} on ${o.col.id} = ${m.col.organizationId}
                  group by 1) as joined
        on joined.user_id = ${u.col.id}
    offset 0`
}

/**
 * Live sessions, with whether their user, their active organization and the membership of one in the other exist. One
 * look-up, by the user, answers everything about those in good health; only for the others, and for users of more
 * organizations than two, is anything else looked up. PostgreSQL makes what that takes when the first one needs it.
 *
 * Each `offset 0` keeps PostgreSQL from merging a part with what is around it: it would look people up twice for each
 * session, and work out anew for each number what is true of the session.
 */
export const sessionReferences: RowSource = {
  id: 'session-references',
  rows: (scope) => {
    const s = scope.table('session', 's')
    const m = scope.table('member', 'other')
    const o = scope.table('organization', 'active')
    const active = s.col.activeOrganizationId
    const isKnown = sql`(${active}::text collate "C") in (person.first, person.last)`
    const isMember = sql`exists (select from ${m.from}
      where ${m.col.userId} = ${s.col.userId} and ${m.col.organizationId}::text = ${active}::text)`
    const organizationExists = sql`exists (select from ${o.from} where ${o.col.id}::text = ${active}::text)`
    return sql`
      select ${s.col.createdAt} as created_at, ${active} is not null as is_active,
             case when ${isKnown} then true
                  when person.id is null or person.memberships > 2 then ${isMember}
                  else false end as is_member,
             case when ${active} is null then false when ${isKnown} and person.all_exist then true
                  else ${organizationExists} end as has_organization,
             person.id is not null as has_user,
             coalesce(person.since <= ${s.col.createdAt}, false) as was_member
        from ${s.from}
        left join (${people(scope)}) as person on person.id = ${s.col.userId}
       where ${s.col.expiresAt} > ${scope.asOf}
      offset 0`
  },
}
