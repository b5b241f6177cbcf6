import { expect, test } from 'vitest'
import { userMissing } from '../../../src/checks/session/user-missing.ts'
import { testDatabase } from '../../support/database.ts'
import { runCheck, valuesOf } from '../../support/run-check.ts'

const asOf = new Date('2026-11-23T12:00:00Z')

test.each(['camelCase', 'snakeCase', 'prismaPascal'] as const)(
  'names the live sessions whose user is gone (%s)',
  async (naming) => {
    await using db = await testDatabase(naming, { now: asOf })
    await db.insert('session')
    await db.insert('session', { userId: 'gone', expiresAt: asOf })

    const healthy = await runCheck(userMissing, db, { asOf })
    expect(healthy).toEqual({ state: 'pass', values: { offenders: 0 } })

    const expiresAt = new Date(asOf.getTime() + 1000)
    const id = await db.insert('session', { userId: 'gone', expiresAt })
    const verdict = await runCheck(userMissing, db, { asOf })
    expect(verdict).toMatchObject({ state: 'fail', severity: 'warning' })
    expect(valuesOf(verdict)).toEqual({ offenders: 1 })
    expect(verdict.state === 'fail' && verdict.findings).toMatchObject([
      { key: id, detail: { userId: 'gone' } },
    ])
  },
)

test('a canary is left out with its session, so that the one is not missed at the other', async () => {
  await using db = await testDatabase('camelCase', { now: asOf })
  const userId = await db.insert('user')
  await db.insert('session', { userId })
  const verdict = await runCheck(userMissing, db, { asOf, canaries: [userId] })
  expect(verdict).toEqual({ state: 'pass', values: { offenders: 0 } })
})
