import { z } from 'zod'
import { sql } from '../../database/sql.ts'
import {
  foundByEmail,
  type Membership,
  membershipsOf,
  organizationsNamed,
  organizationsOf,
  usersNamed,
} from './people.ts'
import { type Part, type Reading, readPart, readRows, valueOr } from './reading.ts'
import { type OrganizationRow, type SessionRow, sessionRow, twoFactorRow, type UserRow } from './rows.ts'

/** Sessions that are looked at of one person; of more the newest. */
export const MOST_SESSIONS = 100
/** better-auth's default limit on sign-ins: three in ten seconds for an address (1.7). */
const SIGN_IN_LIMIT = 3
const SIGN_IN_WINDOW_MS = 10_000

export interface AccountFact {
  readonly providerId: string | null
  /** Null where the role may not know. */
  readonly hasPassword: boolean | null
}

export interface PersonFacts {
  readonly user: UserRow
  readonly accounts: Part<readonly AccountFact[]>
  readonly memberships: Part<readonly Membership[]>
  /** Newest end first. */
  readonly sessions: Part<readonly SessionRow[]>
  /** Ids of the live sessions' active organizations that exist. */
  readonly existing: ReadonlySet<string>
  readonly lockedUntil: Part<Date | null>
}

export interface UserFacts {
  readonly found: readonly UserRow[]
  /** Whom better-auth finds by the address; null when an id was given. */
  readonly byEmail: Part<readonly string[]> | null
  /** Undefined unless exactly one user is meant. */
  readonly person: PersonFacts | undefined
  readonly organizations: Part<readonly OrganizationRow[]> | undefined
  /** Client addresses at their limit on sign-ins now. */
  readonly limited: Part<number>
}

export async function readUserFacts(
  reading: Reading,
  { who, slug }: { readonly who: string; readonly slug: string | undefined },
): Promise<UserFacts> {
  const found = await usersNamed(reading, who)
  const byEmail = who.includes('@') ? await readPart(() => foundByEmail(reading, who)) : null
  const signedIn = byEmail === null ? found : found.filter(({ id }) => valueOr(byEmail, []).includes(id))
  const [user] = signedIn.length === 1 ? signedIn : found
  return {
    found,
    byEmail,
    person: user === undefined ? undefined : await readPerson(reading, user),
    organizations: slug === undefined ? undefined : await organizationsNamed(reading, slug),
    limited: await readPart(() => addressesAtLimit(reading)),
  }
}

async function readPerson(reading: Reading, user: UserRow): Promise<PersonFacts> {
  const sessions = await readPart(() =>
    readRows(reading, sessionRow, {
      table: 'session',
      where: ({ is }) => is('userId', user.id),
      orderBy: ({ column }) => sql`${column('expiresAt')} desc`,
      limit: MOST_SESSIONS,
    }),
  )
  const active = valueOr(sessions, []).flatMap(({ activeOrganizationId }) => activeOrganizationId ?? [])
  const organizations = await readPart(() => organizationsOf(reading, [...new Set(active)]))
  return {
    user,
    accounts: await readPart(() => accountsOf(reading, user.id)),
    memberships: await membershipsOf(reading, user.id),
    sessions,
    existing: new Set(valueOr(organizations, []).map(({ id }) => id)),
    lockedUntil: await readPart(() => lockOf(reading, user.id)),
  }
}

const accountRow = z.object({ id: z.string(), providerId: z.string().nullish() })

async function accountsOf(reading: Reading, userId: string): Promise<readonly AccountFact[]> {
  const all = await readRows(reading, accountRow, {
    table: 'account',
    where: ({ is }) => is('userId', userId),
    limit: 20,
  })
  const empty = await readPart(() =>
    readRows(reading, accountRow, {
      table: 'account',
      where: ({ is, lacks }) => sql`${is('userId', userId)} and ${lacks('password')}`,
      limit: 20,
    }),
  )
  return all.map(({ id, providerId }) => ({
    providerId: providerId ?? null,
    hasPassword: 'missing' in empty ? null : !empty.value.some((each) => each.id === id),
  }))
}

async function lockOf(reading: Reading, userId: string): Promise<Date | null> {
  const rows = await readRows(reading, twoFactorRow, {
    table: 'twoFactor',
    where: ({ is }) => is('userId', userId),
    limit: 1,
  })
  return rows[0]?.lockedUntil ?? null
}

/** better-auth's limiter in the database keeps `address|path`, and the time in milliseconds. */
async function addressesAtLimit(reading: Reading): Promise<number> {
  const since = reading.now.getTime() - SIGN_IN_WINDOW_MS
  const rows = await readRows(reading, z.object({ id: z.string() }), {
    table: 'rateLimit',
    where: ({ column }) => sql`${column('key')} like '%|/sign-in/%' and ${column('count')} >= ${SIGN_IN_LIMIT}
      and ${column('lastRequest')} > ${since}`,
    limit: 1_000,
  })
  return rows.length
}
