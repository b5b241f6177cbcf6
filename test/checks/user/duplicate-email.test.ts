import { expect, test } from 'vitest'
import { duplicateEmail } from '../../../src/checks/user/duplicate-email.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const on = (day: number): Date => new Date(Date.UTC(2026, 0, day))

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names every user of an address but the oldest (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('user', { id: 'ada', email: 'ada@example.test', createdAt: on(2) })
    await db.insert('user', { id: 'ada-work', email: 'ada+work@example.test' })
    await db.insert('user', { id: 'bob', email: 'Bob@Example.test' })

    const healthy = await runCheck(duplicateEmail, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0 } })

    await db.insert('user', { id: 'ada-import', email: 'Ada@Example.test', createdAt: on(1) })
    await db.insert('user', { id: 'ada-again', email: 'ADA@example.test', createdAt: on(3) })
    const verdict = await runCheck(duplicateEmail, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 2 })
    expect(verdict.state === 'fail' && verdict.findings).toEqual([
      { key: 'ada', detail: { createdAt: expect.stringMatching(/^2026-01-02 00:00:00/) } },
      { key: 'ada-again', detail: { createdAt: expect.stringMatching(/^2026-01-03 00:00:00/) } },
    ])
  },
)

test('users without an address are not duplicates of each other', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { table, column } = db.physical('user')
  await db.query(`alter table ${table} drop constraint user_email_key`)
  await db.query(`alter table ${table} alter column ${column('email')} drop not null`)
  for (const email of ['', '', null, null]) await db.insert('user', { email })
  expect(valuesOf(await runCheck(duplicateEmail, db, { asOf }))).toEqual({ offenders: 0 })
  for (const email of ['same@example.test', 'same@example.test']) await db.insert('user', { email })
  expect(valuesOf(await runCheck(duplicateEmail, db, { asOf }))).toEqual({ offenders: 1 })
})
