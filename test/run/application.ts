import type { LogicalTable, TestDatabase } from '../support/database.ts'
import { SCHEMAS } from '../support/schemas/index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds)

function has(db: TestDatabase, table: LogicalTable): boolean {
  return SCHEMAS[db.naming].tables[table] !== undefined
}

/**
 * A small application in good health: three people in one organization, signed in, each with a password and a key,
 * and a row in every other table. `now` is the time the database was made with.
 */
export async function healthyApplication(db: TestDatabase, now: Date): Promise<void> {
  const createdAt = later(now, -DAY)
  const organizationId = has(db, 'organization') ? await db.insert('organization', { createdAt }) : undefined
  for (const role of ['owner', 'member', 'member']) {
    const userId = await db.insert('user', { createdAt, updatedAt: createdAt })
    await db.insert('account', { userId, createdAt, updatedAt: createdAt })
    if (organizationId !== undefined) await db.insert('member', { userId, organizationId, role, createdAt })
    await db.insert('session', { userId, activeOrganizationId: organizationId })
    if (has(db, 'apiKey')) await db.insert('apiKey', { referenceId: userId, lastRequest: now })
    await db.insert('twoFactor', { userId })
    if (organizationId !== undefined) await db.insert('invitation', { inviterId: userId, organizationId })
  }
  await db.insert('verification')
  await db.insert('jwks')
  await db.insert('rateLimit')
}

/**
 * Faults of many kinds, each a different number of times, with times within a few hours of `now`: a clock that is
 * off by a time zone judges them otherwise.
 */
export async function faultyRows(db: TestDatabase, now: Date): Promise<void> {
  for (const hours of [-6, -3, -1, 1, 3]) {
    await db.insert('session', {
      expiresAt: later(now, hours * HOUR),
      createdAt: later(now, hours * HOUR - 7 * DAY),
    })
    await db.insert('verification', { expiresAt: later(now, hours * HOUR - DAY) })
  }
  const banned = await db.insert('user', { banned: true, banExpires: later(now, 2 * HOUR) })
  const freed = await db.insert('user', { banned: true, banExpires: later(now, -2 * HOUR) })
  for (const userId of [banned, freed]) await db.insert('session', { userId })
  await db.insert('session', { userId: 'nobody' })
  await db.insert('account', { password: null })
  await db.insert('user', { email: 'Somebody@example.test' })
  await db.insert('user', { email: 'somebody@example.test' })
  if (has(db, 'organization')) await faultyOrganizations(db, now)
  if (has(db, 'apiKey')) await faultyKeys(db, now)
}

async function faultyOrganizations(db: TestDatabase, now: Date): Promise<void> {
  const createdAt = later(now, -2 * DAY)
  const organizationId = await db.insert('organization', { createdAt })
  await db.insert('organization', { createdAt, slug: 'Acme' })
  await db.insert('organization', { createdAt, slug: 'acme' })
  const userId = await db.insert('user', { createdAt })
  for (const _ of [1, 2]) await db.insert('member', { userId, organizationId, role: 'member', createdAt })
  await db.insert('member', { userId: 'nobody', organizationId })
  await db.insert('session', { activeOrganizationId: organizationId })
  await db.insert('session', { activeOrganizationId: 'gone' })
  await db.insert('invitation', { organizationId, expiresAt: later(now, -2 * HOUR) })
}

async function faultyKeys(db: TestDatabase, now: Date): Promise<void> {
  for (const hours of [-3, 3]) {
    await db.insert('apiKey', { expiresAt: later(now, hours * HOUR), createdAt: later(now, -90 * DAY) })
  }
  await db.insert('apiKey', { referenceId: '' })
  await db.insert('apiKey', { referenceId: 'nobody', lastRequest: later(now, -3 * HOUR) })
  await db.insert('apiKey', { key: 'kept-in-clear' })
  await db.insert('apiKey', { key: 'twice', enabled: true })
  await db.insert('apiKey', { key: 'twice', enabled: false })
  await db.insert('apiKey', { requestCount: 10, lastRequest: later(now, -2 * HOUR) })
}
