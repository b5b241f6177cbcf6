import { expect, test } from 'vitest'
import { expiredBacklog } from '../../../src/checks/session/expired-backlog.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const SECOND = 1000
const DAY = 24 * 3600 * SECOND

const before = (milliseconds: number): Date => new Date(asOf.getTime() - milliseconds)

/** Copies one session until there are `count` more. */
async function copy(db: TestDatabase, { id, count }: { readonly id: string; readonly count: number }) {
  const { table, column } = db.physical('session')
  const c = ['expiresAt', 'createdAt', 'updatedAt', 'userId'].map(column).join(', ')
  await db.query(
    `insert into ${table} (${column('id')}, ${column('token')}, ${c})
     select 'copy-' || n, 'copy-' || n, ${c} from ${table}, generate_series(1, $2::int) n where ${column('id')} = $1`,
    [id, count],
  )
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'counts the sessions that expired, to the instant, and the age of the oldest (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('session', { expiresAt: new Date(asOf.getTime() + SECOND) })
    await db.insert('session')

    const healthy = await runCheck(expiredBacklog, db, { asOf })
    expect(healthy.state).toBe('pass')
    expect(valuesOf(healthy)).toEqual({ offenders: 0, active: 2, expired: 0, oldest: null })

    await db.insert('session', { expiresAt: asOf })
    await db.insert('session', { expiresAt: before(3 * DAY) })
    const verdict = await runCheck(expiredBacklog, db, { asOf })
    expect(verdict.state).toBe('pass')
    expect(valuesOf(verdict)).toEqual({ offenders: 2, active: 2, expired: 2, oldest: 259_200 })
  },
)

test('many sessions that expired since the last nightly clean-up are no fault, until some are left by two runs', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const id = await db.insert('session', { expiresAt: before(DAY) })
  await copy(db, { id, count: 10_000 })

  const healthy = await runCheck(expiredBacklog, db, { asOf })
  expect(healthy.state).toBe('pass')
  expect(valuesOf(healthy)).toEqual({ offenders: 10_001, active: 0, expired: 10_001, oldest: 86_400 })

  await db.update('session', id, { expiresAt: before(2 * DAY + SECOND) })
  const verdict = await runCheck(expiredBacklog, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
  if (verdict.state !== 'fail') throw new Error('no findings')
  expect(verdict.findings).toHaveLength(20)
  expect(verdict.findings[0]).toMatchObject({
    key: 'copy-1',
    detail: { expiresAt: '2026-11-22 12:00:00+00' },
  })
})

test('a session that never began to live, or never ends, is no error', async () => {
  await using db = await testDatabase('prismaPascal', { now: asOf })
  await db.insert('session', { expiresAt: '-infinity' })
  await db.insert('session', { expiresAt: 'infinity' })
  const values = valuesOf(await runCheck(expiredBacklog, db, { asOf }))
  expect(values).toEqual({ offenders: 1, active: 1, expired: 1, oldest: null })
})
