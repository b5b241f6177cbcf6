import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runChecks } from '../../src/commands/check.ts'
import { sql } from '../../src/database/sql.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { measuring, sleepingAlone } from './own-checks.ts'
import { outcome, watch } from './watch.ts'

const LOOK_MS = 20
const quick = measuring('test.quick', sql`select 1 as "measured"`)
/** Longer than the second from which a statement counts as long. */
const long = ['test.long_a', 'test.long_b', 'test.long_c'] as const
const longChecks = long.map((id) => sleepingAlone(id, 1.2, '5s'))

/** The most statements that slept at one time while the work was done. */
async function whileLooking<T>(db: TestDatabase, work: Promise<T>): Promise<{ most: number; value: T }> {
  let ended = false
  const value = work.finally(() => {
    ended = true
  })
  let most = 0
  while (!ended) {
    const asleep = await db.query(
      `select 1 from pg_stat_activity where application_name = 'authwatch' and datname = current_database()
          and wait_event = 'PgSleep'`,
    )
    most = Math.max(most, asleep.length)
    await sleep(LOOK_MS)
  }
  return { most, value: await value }
}

test('what was long takes turns the next time, and keeps nothing short waiting', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  const first = await whileLooking(db, runChecks(longChecks, [watched.target]))
  expect(first.most).toBe(3)

  const second = await whileLooking(db, runChecks([...longChecks, quick], [watched.target]))
  expect(second.value.map(({ verdict }) => outcome(verdict))).toEqual(Array(4).fill('pass'))
  expect(second.most).toBe(1)
  const begun = second.value.toSorted((a, b) => a.startedAt - b.startedAt).map(({ check }) => check)
  expect(begun.indexOf('test.quick')).toBeLessThanOrEqual(1)
})

test('what was ended by its limit takes no turns: a server that hangs is found to by several at once', async () => {
  await using db = await testDatabase()
  await using watched = watch(db.url)
  const checks = long.map((id) => sleepingAlone(id, 5, '1s'))
  for (const _round of ['first', 'second']) {
    const { most, value } = await whileLooking(db, runChecks(checks, [watched.target]))
    expect(value.map(({ verdict }) => outcome(verdict))).toEqual(Array(3).fill('ERR_TIMEOUT'))
    expect(most).toBe(3)
  }
})

test('a database has as many connections as its configuration says', async () => {
  await using db = await testDatabase()
  const checks = long.map((id) => sleepingAlone(id, 0.3, '5s'))
  for (const connections of [2, 1]) {
    await using watched = watch(db.url, { connections })
    const { most } = await whileLooking(db, watched.results(checks))
    expect(most).toBe(connections)
  }
})
