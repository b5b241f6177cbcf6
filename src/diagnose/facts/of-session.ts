import { type Membership, membershipsOf, organizationsOf, usersNamed } from './people.ts'
import { type Part, type Reading, readPart, readRows, valueOr } from './reading.ts'
import { type SessionRow, sessionRow, type UserRow } from './rows.ts'
import type { ShownSession } from './shown-session.ts'

export interface SessionFacts {
  /** Null: there is no such row. */
  readonly row: Part<SessionRow | null>
  /** Undefined when the row names nobody who exists. */
  readonly user: UserRow | undefined
  readonly memberships: Part<readonly Membership[]>
  /** Whether the organization that is active in the session exists. */
  readonly activeExists: boolean
}

/** The session's row, by its token, and what it points at. */
export async function readSessionFacts(
  reading: Reading,
  { token }: Pick<ShownSession, 'token'>,
): Promise<SessionFacts> {
  const row = await readPart(async () => {
    const rows = await readRows(reading, sessionRow, {
      table: 'session',
      where: ({ holds }) => holds('token', token),
      limit: 1,
    })
    return rows[0] ?? null
  })
  const session = valueOr(row, null)
  const userId = session?.userId ?? ''
  const active = session?.activeOrganizationId ?? null
  const organizations = await readPart(() => organizationsOf(reading, active === null ? [] : [active]))
  return {
    row,
    user: session === null ? undefined : (await usersNamed(reading, userId)).find(({ id }) => id === userId),
    memberships: session === null ? { value: [] } : await membershipsOf(reading, userId),
    activeExists: valueOr(organizations, []).length > 0,
  }
}
