import type { Policy } from '../catalogue/policy.ts'
import type { Reader } from './connect.ts'
import type { Names } from './names.ts'
import { queryScope } from './scope.ts'
import { sql } from './sql.ts'

/** What the database knows of a user in an organization. */
export interface Membership {
  readonly user: boolean
  readonly organization: boolean
  readonly member: boolean
}

/** Throws NotHere without the organization plugin's tables. */
export async function findMembership(
  { reader, names, policy }: { readonly reader: Reader; readonly names: Names; readonly policy: Policy },
  { userId, organizationId }: { readonly userId: string; readonly organizationId: string },
): Promise<Membership> {
  const { table } = queryScope({ names, policy, asOf: reader.now, canaries: [] })
  const [u, o, m] = [table('user', 'u'), table('organization', 'o'), table('member', 'm')]
  const [row] = await reader.query(sql`
    select exists (select from ${u.from} where ${u.col.id}::text = ${userId}) as "user",
           exists (select from ${o.from} where ${o.col.id}::text = ${organizationId}) as "organization",
           exists (select from ${m.from} where ${m.col.userId}::text = ${userId}
                                           and ${m.col.organizationId}::text = ${organizationId}) as "member"`)
  return { user: row?.user === true, organization: row?.organization === true, member: row?.member === true }
}
