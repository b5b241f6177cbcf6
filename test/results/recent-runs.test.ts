import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { errored, failed, minutesAgo, passed, skipped } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

test('the last runs of each check on each target are told, newest first, and no more than asked for', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  expect(await store.recentRuns(3)).toEqual([])
  const [t1, t2, t3, t4, t5] = [5, 4, 3, 2, 1].map(minutesAgo) as [number, number, number, number, number]
  for (const result of [
    passed({ at: t1 }),
    failed({ at: t2, keys: ['a', 'b'], offenders: 7 }),
    errored({ at: t3 }),
    skipped({ at: t4 }),
    passed({ at: t5, target: 'crm' }),
  ]) {
    await store.save([result], { worker: 'one' })
  }
  const check = 'session.expired_backlog'
  expect(await store.recentRuns(3)).toEqual([
    { check, target: 'crm', at: t5, state: 'pass', offenders: 0 },
    { check, target: 'shop', at: t4, state: 'skipped', offenders: null },
    { check, target: 'shop', at: t3, state: 'error', offenders: null },
    { check, target: 'shop', at: t2, state: 'fail', offenders: 7 },
  ])
})
