import { expect, test } from 'vitest'
import { activeOrganizationAbsent } from '../../../src/checks/session/active-organization-absent.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const before = (milliseconds: number): Date => new Date(asOf.getTime() - milliseconds)

interface SignIn {
  readonly ago: number
  readonly organization: 'active' | 'absent'
  /** How long before now the user joined; default: long before. */
  readonly joinedAgo?: number
}

async function signIn(
  db: TestDatabase,
  { ago, organization, joinedAgo = 30 * DAY }: SignIn,
): Promise<string> {
  const userId = await db.insert('user', { createdAt: before(joinedAgo) })
  const organizationId = await db.insert('organization')
  await db.insert('member', { userId, organizationId, createdAt: before(joinedAgo) })
  const active = organization === 'active' ? { activeOrganizationId: organizationId } : {}
  return db.insert('session', { userId, createdAt: before(ago), updatedAt: before(ago), ...active })
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'warns when new sessions have no active organization and earlier ones have (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    for (let day = 2; day <= 7; day += 1) await signIn(db, { ago: day * DAY, organization: 'active' })
    for (let n = 1; n <= 4; n += 1) await signIn(db, { ago: n * HOUR, organization: 'active' })
    // A user without any membership, one who joined after signing in, one who signed in a moment ago.
    await db.insert('session', { createdAt: before(HOUR) })
    await signIn(db, { ago: 2 * HOUR, joinedAgo: HOUR, organization: 'absent' })
    await signIn(db, { ago: 14 * MINUTE, organization: 'absent' })

    const healthy = await runCheck(activeOrganizationAbsent, db, { asOf })
    expect(healthy.state).toBe('pass')
    expect(valuesOf(healthy)).toEqual({ offenders: 0, share: 0, earlier: 0 })

    const ids = []
    for (let n = 1; n <= 5; n += 1)
      ids.push(await signIn(db, { ago: n * 20 * MINUTE, organization: 'absent' }))
    const verdict = await runCheck(activeOrganizationAbsent, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 5, share: 5 / 9, earlier: 0 })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual(ids.toSorted())
  },
)

test('says nothing to an application that never sets the active organization at sign-in', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  for (let n = 1; n <= 8; n += 1) await signIn(db, { ago: n * HOUR, organization: 'absent' })
  const firstDay = await runCheck(activeOrganizationAbsent, db, { asOf })
  expect(firstDay).toMatchObject({ state: 'pass', values: { offenders: 8, share: 1, earlier: null } })

  for (let n = 2; n <= 6; n += 1) await signIn(db, { ago: n * DAY, organization: 'absent' })
  const later = await runCheck(activeOrganizationAbsent, db, { asOf })
  expect(later).toMatchObject({ state: 'pass', values: { offenders: 8, share: 1, earlier: 1 } })
})

test('a session is new for a day', async () => {
  await using db = await testDatabase('snakeCase', { now: asOf })
  await signIn(db, { ago: DAY, organization: 'absent' })
  await signIn(db, { ago: DAY - 1, organization: 'absent' })
  const values = valuesOf(await runCheck(activeOrganizationAbsent, db, { asOf }))
  expect(values).toEqual({ offenders: 1, share: 1, earlier: 1 })
})
