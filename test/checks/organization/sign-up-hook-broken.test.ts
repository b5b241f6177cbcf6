import { expect, test } from 'vitest'
import { signUpHookBroken } from '../../../src/checks/organization/sign-up-hook-broken.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-03-10T12:00:00Z')
const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const ago = (milliseconds: number) => new Date(asOf.getTime() - milliseconds)

async function members(db: TestDatabase, count: number, createdAt: Date): Promise<void> {
  const organizationId = await db.insert('organization')
  for (let i = 0; i < count; i += 1) {
    await db.insert('member', { organizationId, userId: await db.insert('user', { createdAt }) })
  }
}

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'six of the ten newest users without an organization are a broken hook (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await members(db, 9, ago(100 * DAY))
    await members(db, 5, ago(DAY / 2))
    await db.insert('user', { id: 'offboarded', createdAt: ago(110 * DAY) })
    await db.insert('user', { id: 'in-grace', createdAt: ago(15 * MINUTE - 1) })
    await db.insert('user', { id: 'banned', createdAt: ago(MINUTE * 30), banned: true })
    for (const id of ['a', 'b', 'c', 'd', 'e']) await db.insert('user', { id, createdAt: ago(60 * MINUTE) })
    const healthy = await runCheck(signUpHookBroken, db, { asOf })
    const values = { offenders: 5, newest: 0.5, established: 0.1 }
    expect(healthy).toEqual({ state: 'pass', values })

    await db.insert('user', { id: 'f', createdAt: ago(15 * MINUTE) })
    const verdict = await runCheck(signUpHookBroken, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'critical' })
    expect(valuesOf(verdict)).toEqual({ offenders: 6, newest: 0.6, established: 0.1 })
    expect(verdict.state === 'fail' && verdict.findings.map(({ key }) => key)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
    ])
  },
)

test('it takes three new users, all of the day', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 9, ago(10 * DAY))
  await db.insert('user', { createdAt: ago(60 * MINUTE) })
  await db.insert('user', { createdAt: ago(90 * MINUTE) })
  const third = await db.insert('user', { createdAt: ago(DAY) })
  const two = await runCheck(signUpHookBroken, db, { asOf })
  expect(two).toEqual({ state: 'pass', values: { offenders: 2, newest: 1, established: 0 } })
  await db.update('user', third, { createdAt: ago(DAY - 1) })
  const three = await runCheck(signUpHookBroken, db, { asOf })
  expect(three).toMatchObject({ state: 'fail', values: { offenders: 3, newest: 1, established: 0 } })
})

test('a deployment in which users normally have no organization is left alone', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 9, ago(10 * DAY))
  for (let i = 0; i < 2; i += 1) await db.insert('user', { createdAt: ago(11 * DAY) })
  for (let i = 0; i < 4; i += 1) await db.insert('user', { createdAt: ago(60 * MINUTE) })
  const rarely = await runCheck(signUpHookBroken, db, { asOf })
  expect(rarely).toMatchObject({ state: 'fail', values: { newest: 1 } })
  expect(valuesOf(rarely).established).toBeCloseTo(2 / 11)
  await db.insert('user', { createdAt: ago(12 * DAY) })
  const often = await runCheck(signUpHookBroken, db, { asOf })
  expect(often).toEqual({ state: 'pass', values: { offenders: 4, newest: 1, established: 0.25 } })
})

test('the users of a long fault do not become the norm', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 5, ago(30 * DAY))
  for (let hours = 1; hours <= 40; hours += 1)
    await db.insert('user', { createdAt: ago(hours * 60 * MINUTE) })
  const verdict = await runCheck(signUpHookBroken, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: 10, newest: 1, established: 0 } })
})

test('a thousand users of one day do not hide those before them', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 5, ago(30 * DAY))
  expect((await runCheck(signUpHookBroken, db, { asOf })).state).toBe('pass')
  await db.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt")
     select 'new-' || n, '', n || '@example.test', true, $1::timestamptz - n * interval '1 minute'
       from generate_series(15, 1114) as n`,
    [asOf.toISOString()],
  )
  const verdict = await runCheck(signUpHookBroken, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: 10, newest: 1, established: 0 } })
})

test('when one of two servers is at fault, users from before the window are the norm', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 5, ago(30 * DAY))
  for (let n = 1; n <= 10; n += 1) {
    const createdAt = ago((20 + n) * MINUTE)
    await members(db, n % 3 === 0 ? 1 : 0, createdAt)
    if (n % 3 !== 0) await db.insert('user', { createdAt })
  }
  for (let hours = 2; hours <= 8; hours += 1) {
    await members(db, 1, ago(hours * 60 * MINUTE))
    await db.insert('user', { createdAt: ago(hours * 60 * MINUTE) })
  }
  const verdict = await runCheck(signUpHookBroken, db, { asOf })
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: 7, newest: 0.7, established: 0 } })
})

test('on the first day, too few users are no norm and five are', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const none = { offenders: 0, newest: null, established: null }
  expect(await runCheck(signUpHookBroken, db, { asOf })).toEqual({ state: 'pass', values: none })
  await members(db, 4, ago(5 * 60 * MINUTE))
  for (let n = 1; n <= 14; n += 1) await db.insert('user', { createdAt: ago((20 + n) * MINUTE) })
  const four = await runCheck(signUpHookBroken, db, { asOf })
  expect(four).toEqual({ state: 'pass', values: { offenders: 10, newest: 1, established: null } })
  await members(db, 1, ago(4 * 60 * MINUTE))
  const five = await runCheck(signUpHookBroken, db, { asOf })
  expect(five).toMatchObject({ state: 'fail', values: { offenders: 10, newest: 1, established: 0 } })
})

test('the newest users are no part of what they are compared with', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  await members(db, 4, ago(5 * 60 * MINUTE))
  for (let n = 1; n <= 6; n += 1) await db.insert('user', { createdAt: ago((30 + n) * MINUTE) })
  await members(db, 4, ago(20 * MINUTE))
  const values = { offenders: 6, newest: 0.6, established: null }
  expect(await runCheck(signUpHookBroken, db, { asOf })).toEqual({ state: 'pass', values })
})
