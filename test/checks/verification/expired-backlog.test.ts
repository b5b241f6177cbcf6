import { expect, test } from 'vitest'
import { expiredBacklog } from '../../../src/checks/verification/expired-backlog.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const SECOND = 1000
const DAY = 24 * 3600 * SECOND

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'counts verifications that expired a day ago (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('verification')
    await db.insert('verification', { expiresAt: asOf })
    await db.insert('verification', { expiresAt: new Date(asOf.getTime() - DAY + SECOND) })

    const healthy = await runCheck(expiredBacklog, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0, pending: 1, expired: 2 } })

    await db.insert('verification', { expiresAt: new Date(asOf.getTime() - DAY) })
    const verdict = await runCheck(expiredBacklog, db, { asOf })
    expect(valuesOf(verdict)).toEqual({ offenders: 1, pending: 1, expired: 3 })
  },
)

test('warns above ten thousand', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { table, column } = db.physical('verification')
  const insert = (from: number, to: number) =>
    db.query(
      `insert into ${table} (id, identifier, value, ${column('expiresAt')})
       select 'v' || n, 'i' || n, 'secret', '2026-11-01Z' from generate_series($1::int, $2::int) n`,
      [from, to],
    )
  await insert(1, 10_000)
  expect((await runCheck(expiredBacklog, db, { asOf })).state).toBe('pass')

  await insert(10_001, 10_001)
  const verdict = await runCheck(expiredBacklog, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', severity: 'warning', values: { offenders: 10_001 } })
  // Neither the address nor the secret is in a finding.
  expect(verdict.state === 'fail' && Object.keys(verdict.findings[0]!.detail)).toEqual([
    'createdAt',
    'expiresAt',
  ])
})
