import { join, sql } from '../../database/sql.ts'
import { type Part, type Reading, readPart, readRows } from './reading.ts'
import {
  type MemberRow,
  memberRow,
  type OrganizationRow,
  organizationRow,
  type UserRow,
  userRow,
} from './rows.ts'

/** Rows that are looked at of one person. */
const MOST = 50

/** A membership with its organization; null when that does not exist. */
export interface Membership extends MemberRow {
  readonly organization: OrganizationRow | null
}

/** Users by e-mail address, whatever its case, or by id. At most five. */
export function usersNamed(reading: Reading, who: string): Promise<readonly UserRow[]> {
  return readRows(reading, userRow, {
    table: 'user',
    where: ({ is, column }) =>
      who.includes('@') ? sql`lower(${column('email')}) = ${who.toLowerCase()}` : is('id', who),
    limit: 5,
  })
}

/** Ids of the users whom better-auth finds by this address: it looks for it in lower case, exactly. */
export async function foundByEmail(reading: Reading, email: string): Promise<readonly string[]> {
  const rows = await readRows(reading, userRow, {
    table: 'user',
    where: ({ is }) => is('email', email.toLowerCase()),
    limit: 5,
  })
  return rows.map(({ id }) => id)
}

/** A person's memberships, the first joined first, as the application picks one; at most 50. */
export function membershipsOf(reading: Reading, userId: string): Promise<Part<readonly Membership[]>> {
  return readPart(async () => {
    const members = await readRows(reading, memberRow, {
      table: 'member',
      where: ({ is }) => is('userId', userId),
      orderBy: ({ column }) => sql`${column('createdAt')}, ${column('id')}`,
      limit: MOST,
    })
    const ids = members.flatMap(({ organizationId }) => organizationId ?? [])
    const byId = new Map((await organizationsOf(reading, ids)).map((each) => [each.id, each]))
    return members.map((member) => ({
      ...member,
      organization: byId.get(member.organizationId ?? '') ?? null,
    }))
  })
}

/** Organizations by id. Throws NotHere without the organization plugin. */
export async function organizationsOf(
  reading: Reading,
  ids: readonly string[],
): Promise<readonly OrganizationRow[]> {
  if (ids.length === 0) return []
  return readRows(reading, organizationRow, {
    table: 'organization',
    where: ({ is }) =>
      join(
        ids.map((id) => is('id', id)),
        ' or ',
      ),
    limit: MOST,
  })
}

/** Organizations that a slug could mean: exactly it, or but for case and outer spaces. At most five. */
export function organizationsNamed(
  reading: Reading,
  slug: string,
): Promise<Part<readonly OrganizationRow[]>> {
  return readPart(() =>
    readRows(reading, organizationRow, {
      table: 'organization',
      where: ({ column }) => sql`lower(btrim(${column('slug')})) = ${slug.trim().toLowerCase()}`,
      limit: 5,
    }),
  )
}
