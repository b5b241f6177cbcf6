import pg from 'pg'
import { expect, test } from 'vitest'
import { userMissing } from '../../src/checks/session/user-missing.ts'
import { outcome, watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'

test('rows that row-level security hides are not taken for rows that are not there', async () => {
  await using db = await testDatabase()
  await db.insert('session', { userId: 'nobody' })
  const url = await db.readOnlyUrl()
  const role = pg.escapeIdentifier(new URL(url).username)
  await using watched = watch(url)
  const fault = { state: 'fail', values: { offenders: 1 } }
  expect(await watched.verdict(userMissing)).toMatchObject(fault)

  await db.query('alter table session enable row level security')
  expect(await watched.verdict(userMissing)).toMatchObject({
    state: 'error',
    code: 'ERR_PERMISSION',
    message: expect.stringMatching(/row-level security.*authwatch grants.*BYPASSRLS/),
  })

  await db.query(`alter role ${role} bypassrls`)
  expect(await watched.verdict(userMissing)).toMatchObject(fault)
  await using owner = watch(db.url)
  expect(outcome(await owner.verdict(userMissing))).toBe('fail')
})
