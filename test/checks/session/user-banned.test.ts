import { expect, test } from 'vitest'
import { userBanned } from '../../../src/checks/session/user-banned.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')
const later = new Date(asOf.getTime() + 1000)

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names the live sessions of users whose ban lasts (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    const user = (row: Record<string, unknown>) => db.insert('user', row)
    await db.insert('session', { userId: await user({ banned: null }) })
    await db.insert('session', { userId: await user({ banned: false }) })
    // The ban is over; better-auth takes the mark away at the next sign-in.
    await db.insert('session', { userId: await user({ banned: true, banExpires: asOf }) })
    const forEver = await user({ banned: true })
    await db.insert('session', { userId: forEver, expiresAt: asOf })

    const healthy = await runCheck(userBanned, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0 } })

    const forAWhile = await user({ banned: true, banExpires: later })
    await db.insert('session', { id: 'a', userId: forEver, expiresAt: later })
    await db.insert('session', { id: 'b', userId: forAWhile })
    await db.insert('session', { id: 'c', userId: forAWhile })
    const verdict = await runCheck(userBanned, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'critical' })
    expect(valuesOf(verdict)).toEqual({ offenders: 3 })
    expect(
      verdict.state === 'fail' && verdict.findings.map(({ key, detail }) => [key, detail.userId]),
    ).toEqual([
      ['a', forEver],
      ['b', forAWhile],
      ['c', forAWhile],
    ])
  },
)

test('without banExpires every ban lasts, and without bans there is nothing to check', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const { table, column } = db.physical('user')
  await db.query(`alter table ${table} drop column ${column('banExpires')}`)
  await db.insert('session')
  expect((await runCheck(userBanned, db, { asOf })).state).toBe('pass')
  await db.query(`update ${table} set ${column('banned')} = true`)
  expect(valuesOf(await runCheck(userBanned, db, { asOf }))).toEqual({ offenders: 1 })

  await db.query(`alter table ${table} drop column ${column('banned')}`)
  expect((await runCheck(userBanned, db, { asOf })).state).toBe('skipped')
})
