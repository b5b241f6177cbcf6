import { expect, test } from 'vitest'
import type { Duration } from '../../../src/catalogue/duration.ts'
import { lifetimeOutOfPolicy } from '../../../src/checks/session/lifetime-out-of-policy.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Life {
  /** How long before now it was created. */
  readonly createdAgo: number
  /** From creation to the last update; default: none came. */
  readonly updatedAfter?: number
  /** From creation to expiry. */
  readonly lasts: number
  readonly impersonatedBy?: string
}

async function session(db: TestDatabase, { createdAgo, updatedAfter = 0, lasts, impersonatedBy }: Life) {
  const created = asOf.getTime() - createdAgo
  return db.insert('session', {
    createdAt: new Date(created),
    updatedAt: new Date(created + updatedAfter),
    expiresAt: new Date(created + lasts),
    impersonatedBy,
  })
}

async function offenders(db: TestDatabase, sessionLifetime: Duration = '7d') {
  const verdict = await runCheck(lifetimeOutOfPolicy, db, { asOf, policy: { sessionLifetime } })
  const { offenders: count } = valuesOf(verdict)
  return { count, keys: verdict.state === 'fail' ? verdict.findings.map(({ key }) => key) : [] }
}

async function healthyFleet(db: TestDatabase): Promise<void> {
  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY })
  // The code reads its clock twice.
  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY - 3 })
  // Refreshed on the sixth day, and again on the eighth.
  await session(db, { createdAgo: 6 * DAY, updatedAfter: 6 * DAY, lasts: 13 * DAY })
  await session(db, { createdAgo: 9 * DAY, updatedAfter: 8 * DAY, lasts: 15 * DAY })
  // An organization was chosen on the third day: `updatedAt` moved and `expiresAt` did not.
  await session(db, { createdAgo: 4 * DAY, updatedAfter: 3 * DAY, lasts: 7 * DAY })
  await session(db, { createdAgo: 10 * MINUTE, updatedAfter: 9 * MINUTE, lasts: 7 * DAY })
  // Remember-me is off.
  await session(db, { createdAgo: MINUTE, lasts: DAY })
  await session(db, { createdAgo: MINUTE, lasts: DAY - 3 })
  await session(db, { createdAgo: MINUTE, lasts: HOUR, impersonatedBy: await db.insert('user') })
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names sessions that a server with another lifetime made (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await healthyFleet(db)
    expect(await offenders(db)).toEqual({ count: 0, keys: [] })

    const short = await session(db, { createdAgo: 30 * MINUTE, lasts: HOUR })
    const shortInUse = await session(db, { createdAgo: 30 * MINUTE, updatedAfter: 10 * MINUTE, lasts: HOUR })
    const long = await session(db, { createdAgo: 20 * DAY, lasts: 30 * DAY })
    const refreshedLong = await session(db, { createdAgo: 9 * DAY, updatedAfter: 8 * DAY, lasts: 38 * DAY })
    expect(await offenders(db)).toEqual({
      count: 4,
      keys: [short, shortInUse, long, refreshedLong].toSorted(),
    })
  },
)

test('the limits are one minute wide', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY + MINUTE })
  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY - MINUTE })
  await session(db, { createdAgo: MINUTE, lasts: DAY + MINUTE })
  await session(db, { createdAgo: MINUTE, lasts: DAY - MINUTE })
  expect((await offenders(db)).count).toBe(0)

  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY + MINUTE + 1 })
  await session(db, { createdAgo: MINUTE, lasts: 7 * DAY - MINUTE - 1 })
  await session(db, { createdAgo: MINUTE, lasts: DAY + MINUTE + 1 })
  await session(db, { createdAgo: MINUTE, lasts: DAY - MINUTE - 1 })
  expect((await offenders(db)).count).toBe(4)
})

test('a short session is reported for an hour, and only while it lives', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await session(db, { createdAgo: HOUR, lasts: 3 * HOUR })
  await session(db, { createdAgo: 30 * MINUTE, lasts: 30 * MINUTE })
  expect((await offenders(db)).count).toBe(0)
  await session(db, { createdAgo: HOUR - 1, lasts: 3 * HOUR })
  await session(db, { createdAgo: 30 * MINUTE, lasts: 30 * MINUTE + 1 })
  expect((await offenders(db)).count).toBe(2)
})

test('remember-me off still makes one day where the policy allows less', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  await session(db, { createdAgo: HOUR, lasts: DAY })
  await session(db, { createdAgo: HOUR, updatedAfter: MINUTE, lasts: DAY })
  await session(db, { createdAgo: HOUR, lasts: 8 * HOUR })
  expect((await offenders(db, '8h')).count).toBe(0)
  await session(db, { createdAgo: HOUR, lasts: 7 * DAY })
  expect((await offenders(db, '8h')).count).toBe(1)
})

test('an impersonation may be shorter than the policy, but not longer', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await session(db, { createdAgo: MINUTE, lasts: HOUR, impersonatedBy: 'admin' })
  expect((await offenders(db)).count).toBe(0)
  await session(db, { createdAgo: MINUTE, lasts: 8 * DAY, impersonatedBy: 'admin' })
  expect((await offenders(db)).count).toBe(1)
})

test('a session that never expires is too long, and works without the admin plugin', async () => {
  await using db = await testDatabase('prismaPascal', { now: asOf })
  const { table, column } = db.physical('session')
  await db.query(`alter table ${table} drop column ${column('impersonatedBy')}`)
  await db.insert('session')
  expect((await offenders(db)).count).toBe(0)
  await db.insert('session', { expiresAt: 'infinity' })
  expect((await offenders(db)).count).toBe(1)
})
