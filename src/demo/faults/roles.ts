import { FIRST_SPARE_CLIENT } from '../breakage.ts'
import { SESSION_COOKIE } from '../cookie-policy.ts'
import type { Seeded, SeededClient, SeededOrganization, SeededUser } from '../seed.ts'

// Who is hit by which fault: each fault has people of its own, and none of them makes the demo's traffic unless a
// fault is about traffic.

/** The account that the worker signs in with, and whose key it uses. */
export function canaryOf({ signedIn }: Seeded): SeededClient {
  return signedIn.at(-1)!
}

/**
 * The value of the canary's session cookie, on a fleet in production. Nobody but the worker uses that session.
 * @throws Error when the canary was never signed in
 */
export function canarySessionOf(seeded: Seeded): string {
  const name = `__Secure-${SESSION_COOKIE}=`
  const cookies = canaryOf(seeded).client.cookieHeader().split('; ')
  const pair = cookies.find((cookie) => cookie.startsWith(name))
  if (pair === undefined) throw new Error('The canary has no session cookie.')
  return pair.slice(name.length)
}

/** One that exists and that the canary does not belong to. */
export function foreignTenantOf(seeded: Seeded): string {
  const { organization } = canaryOf(seeded).user
  return seeded.users.find((user) => user.organization !== organization)!.organization
}

/** The demo's traffic uses this client's key. */
export function busyClient({ signedIn }: Seeded): SeededClient {
  return signedIn[FIRST_SPARE_CLIENT - 1]!
}

export function spareClient({ signedIn }: Seeded, index: 0 | 1 | 2 | 3 | 4 | 5 | 6): SeededClient {
  return signedIn[FIRST_SPARE_CLIENT + index]!
}

/** Users who are not signed in. */
export function spareUser({ users, signedIn }: Seeded, index: 0 | 1 | 2): SeededUser {
  return users[signedIn.length + index]!
}

/** The one that no sign-up founded. */
export function createdOrganization({ organizations }: Seeded): SeededOrganization {
  return organizations.at(-1)!
}

export function organizationOf({ organizations }: Seeded, user: SeededUser): SeededOrganization {
  return organizations.find(({ slug }) => slug === user.organization)!
}
