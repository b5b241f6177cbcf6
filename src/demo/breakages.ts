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
import { missingColumn, signingKeyOfAnotherSecret } from './breakages-of-the-schema.ts'
import type { Seeded } from './seed.ts'

/** Faults in single rows: the CRM goes on for everyone else. */
export const rowBreakages: readonly Breakage[] = [
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

/** Faults that stop the CRM for everyone. */
export const outageBreakages: readonly Breakage[] = [signingKeyOfAnotherSecret, missingColumn]

export type AppliedBreakage = Pick<Breakage, 'name' | 'sentence'>

/** Breaks the demo's database, in all the ways that leave it running unless said otherwise; each way may be applied once. */
export async function applyBreakages(
  databaseUrl: string,
  seeded: Seeded,
  breakages: readonly Breakage[] = rowBreakages,
): Promise<readonly AppliedBreakage[]> {
  await onDatabase(databaseUrl, async (database) => {
    for (const breakage of breakages) await breakage.apply(database, seeded)
  })
  return breakages.map(({ name, sentence }) => ({ name, sentence }))
}

/** Does what an operator would do about each. */
export async function repairBreakages(
  databaseUrl: string,
  seeded: Seeded,
  breakages: readonly Breakage[] = rowBreakages,
): Promise<void> {
  await onDatabase(databaseUrl, async (database) => {
    for (const breakage of breakages) await breakage.repair(database, seeded)
  })
}

async function onDatabase(databaseUrl: string, work: (database: pg.Client) => Promise<void>): Promise<void> {
  const database = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    options: '-c timezone=UTC -c lock_timeout=10s',
  })
  await database.connect()
  try {
    await work(database)
  } finally {
    await database.end()
  }
}
