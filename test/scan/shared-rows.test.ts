import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { activeOrganizationForeign } from '../../src/checks/session/active-organization-foreign.ts'
import { sql } from '../../src/database/sql.ts'
import { runUnit } from '../../src/run/run-unit.ts'
import { planUnits } from '../../src/scan/plan.ts'
import { faultyRows, healthyApplication } from '../run/application.ts'
import { watch } from '../run/watch.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { NAMINGS } from '../support/schemas/index.ts'

const now = new Date('2026-11-23T12:00:00Z')
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
const sharing = checks.filter((check) => check.kind === 'query' && check.shared !== undefined)

/** Sessions of every kind that the joins of the shared pass treat in a way of its own. */
async function sessionsOfEachKind(db: TestDatabase): Promise<void> {
  const [one, other] = [await db.insert('organization'), await db.insert('organization')]
  const [member, late, stranger] = [await db.insert('user'), await db.insert('user'), await db.insert('user')]
  await db.insert('member', { userId: member, organizationId: one, createdAt: ago(100) })
  await db.insert('member', { userId: member, organizationId: one, createdAt: ago(90) })
  await db.insert('member', { userId: member, organizationId: other, createdAt: ago(1) })
  await db.insert('member', { userId: late, organizationId: one, createdAt: ago(1) })
  await db.insert('member', { userId: 'deleted', organizationId: one, createdAt: ago(100) })
  await db.insert('member', { userId: member, organizationId: 'vanished', createdAt: ago(100) })
  for (const userId of [member, late, stranger, 'deleted', 'nobody']) {
    for (const activeOrganizationId of [one, other, 'vanished', 'gone', undefined]) {
      for (const hours of [0, 2, 30, 95]) {
        await db.insert('session', { userId, activeOrganizationId, createdAt: ago(hours) })
      }
      await db.insert('session', { userId, activeOrganizationId, createdAt: ago(100), expiresAt: now })
    }
  }
}

test.each(NAMINGS)(
  'checks that count the same rows come to what each comes to alone (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now })
    await healthyApplication(db, now)
    await using watched = watch(db.url, { asOf: now })
    const compare = async () => {
      const together = await watched.verdicts(sharing)
      for (const check of sharing) {
        expect(await watched.verdict(check), check.id).toEqual(together.get(check.id))
      }
      return together
    }
    await compare()
    await faultyRows(db, now)
    if (naming !== 'noOrganization') await sessionsOfEachKind(db)
    expect((await compare()).get('session.user_missing')?.state).toBe('fail')
  },
)

test('each number of the shared pass is what counting by hand comes to', async () => {
  await using db = await testDatabase('camelCase', { now })
  await sessionsOfEachKind(db)
  await using watched = watch(db.url, { asOf: now })
  const values = Object.fromEntries(
    [...(await watched.verdicts(sharing))].map(([id, verdict]) => [
      id,
      'values' in verdict && verdict.values,
    ]),
  )
  // Of five users each has four live sessions with each of four organizations, of which two exist, and with none.
  expect(values['session.user_missing']).toEqual({ offenders: 2 * 5 * 4 })
  expect(values['session.active_organization_missing']).toEqual({ offenders: 5 * 2 * 4, share: 0.5 })
  // Members: `member` of both, `late` and `deleted` of one.
  expect(values['session.active_organization_foreign']).toEqual({ offenders: (10 - 4) * 4, share: 24 / 80 })
  // `member` was one at all times past the grace: once in the last day, twice earlier. `deleted` is no user any more.
  expect(values['session.active_organization_absent']).toEqual({ offenders: 1, share: 0.2, earlier: 0.2 })
})

test('they are one unit, due when they are, and one statement on a healthy database', async () => {
  const [unit, ...others] = planUnits(sharing)
  expect(others).toEqual([])
  expect(unit).toMatchObject({ id: 'rows.session-references.300s', every: '5m' })
  expect(planUnits([activeOrganizationForeign])).toMatchObject([{ id: activeOrganizationForeign.id }])
})

test('a role that may not read members still learns of users who are missing', async () => {
  await using db = await testDatabase('camelCase', { now })
  await healthyApplication(db, now)
  await db.insert('session', { userId: 'nobody' })
  const url = await db.readOnlyUrl()
  await using watched = watch(url, { asOf: now })
  const role = new URL(url).username
  await db.query(`revoke select on member from "${role}"`)
  const verdicts = await watched.verdicts(sharing)
  expect(verdicts.get('session.user_missing')).toMatchObject({ state: 'fail', values: { offenders: 1 } })
  expect(verdicts.get('session.active_organization_foreign')).toMatchObject({
    state: 'error',
    code: 'ERR_PERMISSION',
  })
})

test('what is waived for one of them counts for the others', async () => {
  await using db = await testDatabase('camelCase', { now })
  await healthyApplication(db, now)
  const key = await db.insert('session', { userId: 'nobody', activeOrganizationId: 'gone' })
  await using watched = watch(db.url, { asOf: now })
  const [unit] = planUnits(sharing)
  const waived = (id: string) => (id === 'session.user_missing' ? [key] : [])
  const results = await runUnit(unit!, { target: watched.target, clock: Date.now, asOf: now, waived })
  const verdicts = new Map(results.map(({ check, verdict }) => [check as string, verdict]))
  expect(verdicts.get('session.user_missing')).toMatchObject({
    state: 'pass',
    values: { offenders: 0, waived: 1 },
  })
  expect(verdicts.get('session.active_organization_missing')).toMatchObject({ values: { offenders: 1 } })
})

test('a check whose aggregate is wrong takes none of its neighbours along', async () => {
  await using db = await testDatabase('camelCase', { now })
  await healthyApplication(db, now)
  await using watched = watch(db.url, { asOf: now })
  const { source } = activeOrganizationForeign.shared ?? {}
  const broken = sharing.map((check) =>
    check.id === 'session.user_missing' && check.kind === 'query' && source !== undefined
      ? {
          ...check,
          measure: () => sql`select count(*) / 0 as offenders`,
          shared: { source, aggregates: () => ({ offenders: sql`count(*) / 0` }) },
        }
      : check,
  )
  const verdicts = await watched.verdicts(broken)
  expect(verdicts.get('session.user_missing')).toMatchObject({ state: 'error', code: 'ERR_QUERY' })
  expect(verdicts.get('session.active_organization_foreign')?.state).toBe('pass')
})
