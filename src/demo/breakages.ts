import pg from 'pg'
import type { Breakage } from './breakage.ts'
import {
  keyNearlyUsedUp,
  keyNearRateLimit,
  keyOfMissingOwner,
  keyWithoutReference,
  revokedKeyInUse,
} from './breakages-of-keys.ts'
import {
  duplicateEmail,
  expiredInvitation,
  memberOfMissingOrganization,
  newUserWithoutMembership,
  oldUserWithoutMembership,
  organizationWithoutOwner,
} from './breakages-of-organizations.ts'
import { expiredSessionsLeft, sessionOfForeignOrganization } from './breakages-of-sessions.ts'
import type { Seeded } from './seed.ts'

/** The CRM goes on with all of them, for everyone but those whose rows they are. */
export const breakages: readonly Breakage[] = [
  expiredSessionsLeft,
  sessionOfForeignOrganization,
  keyWithoutReference,
  keyOfMissingOwner,
  revokedKeyInUse,
  keyNearRateLimit,
  keyNearlyUsedUp,
  newUserWithoutMembership,
  oldUserWithoutMembership,
  organizationWithoutOwner,
  memberOfMissingOrganization,
  expiredInvitation,
  duplicateEmail,
]

/** Breaks the demo's database in all these ways, and tells them, a sentence each. To be done once. */
export async function applyBreakages(databaseUrl: string, seeded: Seeded): Promise<readonly string[]> {
  const database = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    options: '-c timezone=UTC -c lock_timeout=10s',
  })
  await database.connect()
  try {
    for (const breakage of breakages) await breakage.apply(database, seeded)
  } finally {
    await database.end()
  }
  return breakages.map(({ sentence }) => sentence)
}
