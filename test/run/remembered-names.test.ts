import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { openWatched } from '../../src/commands/open-watched.ts'
import { loadConfig } from '../../src/config/load.ts'
import { connectApplicationDatabase, type Reader } from '../../src/database/connect.ts'
import { inspect } from '../../src/database/inspect.ts'
import { resolveNames } from '../../src/database/resolve-names.ts'
import { sql } from '../../src/database/sql.ts'
import { rememberedNames } from '../../src/run/remembered-names.ts'
import { sharedClock } from '../../src/schedule/shared-clock.ts'
import { testDatabase } from '../support/database.ts'
import { outcome } from './watch.ts'

const TIMEOUT_MS = 5_000
/** Longer than names are remembered. */
const LATER_MS = 121_000

test('checks that are due together look for names once, and one whose neighbour fails to looks for itself', async () => {
  await using db = await testDatabase()
  await using database = connectApplicationDatabase(db.url)
  let now = 0
  let looks = 0
  let breaks = false
  const { names, forget } = rememberedNames(
    () => now,
    async (reader: Reader) => {
      looks += 1
      const isBroken = breaks
      breaks = false
      await reader.query(isBroken ? sql`select pg_sleep(0.2), 1 / 0` : sql`select pg_sleep(0.2)`)
      return resolveNames(await inspect(reader, { tables: [] }), {})
    },
  )
  const together = () =>
    Promise.allSettled([1, 2, 3].map(() => database.transaction(TIMEOUT_MS, (reader) => names(reader))))
  const states = (all: Awaited<ReturnType<typeof together>>) => all.map(({ status }) => status)
  expect(states(await together())).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  expect(looks).toBe(1)
  await together()
  expect(looks).toBe(1)

  now += LATER_MS
  await together()
  expect(looks).toBe(2)
  forget()
  await together()
  expect(looks).toBe(3)

  forget()
  breaks = true
  expect(states(await together()).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
})

test('a column that is gone is seen at once by what looks for it, and one that moves costs no run', async () => {
  await using db = await testDatabase()
  const watchedIds = ['schema.column_missing', 'user.duplicate_email', 'session.user_missing']
  const config = loadConfig({ env: { DATABASE_URL: db.url }, cwd: tmpdir(), catalogue: checks })
  const clock = sharedClock()
  await using watched = openWatched({ config, clock, waivers: { keysOf: () => [] } })
  const [target = ''] = watched.databases
  const look = async () => {
    const found = new Map<string, string>()
    for (const unit of watched.units.filter((each) => each.checks.some(({ id }) => watchedIds.includes(id))))
      for (const { check, verdict } of await watched.execute(unit, target)) found.set(check, outcome(verdict))
    return watchedIds.map((id) => found.get(id))
  }
  expect(await look()).toEqual(['pass', 'pass', 'pass'])

  // To another spelling that is known, as when an application adopts snake case.
  await db.query('alter table "session" rename column "userId" to user_id')
  await db.query('alter table "session" rename column "userAgent" to browser')
  expect((await look())[0]).toBe('fail')
  await db.query('alter table "session" rename column browser to "userAgent"')
  expect(await look()).toEqual(['pass', 'pass', 'pass'])
  await db.query('alter table "session" rename column user_id to "userId"')
  const sessions = watched.units.find((each) => each.checks.some(({ id }) => id === 'session.user_missing'))!
  expect((await watched.execute(sessions, target)).map(({ verdict }) => outcome(verdict))).not.toContain(
    'ERR_SCHEMA',
  )
})
