import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { errored, failed, minutesAgo, passed, skipped } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const worker = 'one'
const limit = 1_000
const times = [9, 8, 7, 6, 5].map((minutes) => minutesAgo(minutes)) as [
  number,
  number,
  number,
  number,
  number,
]

test('an offender lives from the first sample that shows it until a whole sample does not', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2, t3, t4] = times
  const all = async () =>
    (await store.findings({ includeResolved: true, limit }))
      .toSorted((a, b) => a.key.localeCompare(b.key))
      .map(({ key, firstSeen, lastSeen, resolvedAt, reopened }) => [
        key,
        firstSeen,
        lastSeen,
        resolvedAt,
        reopened,
      ])

  await store.save([failed({ at: t1, keys: ['a', 'b'] })], { worker })
  expect(await all()).toEqual([
    ['a', t1, t1, null, 0],
    ['b', t1, t1, null, 0],
  ])
  await store.save([failed({ at: t2, keys: ['b', 'c'] })], { worker })
  expect(await all()).toEqual([
    ['a', t1, t1, t2, 0],
    ['b', t1, t2, null, 0],
    ['c', t2, t2, null, 0],
  ])
  await store.save([failed({ at: t3, keys: ['a'] })], { worker })
  expect(await all()).toEqual([
    ['a', t1, t3, null, 1],
    ['b', t1, t2, t3, 0],
    ['c', t2, t2, t3, 0],
  ])
  await store.save([passed({ at: t4 })], { worker })
  expect(await store.findings({ limit })).toEqual([])
})

test('an offender that is missing in a part of them is not resolved', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2, t3, t4, t5] = times
  const open = async () => (await store.findings({ limit })).map(({ key }) => key).sort()

  await store.save([failed({ at: t1, keys: ['a', 'b'] })], { worker })
  await store.save([failed({ at: t2, keys: ['b', 'c'], offenders: 3 })], { worker })
  expect(await open()).toEqual(['a', 'b', 'c'])
  // The list could not be read at all: the count stands alone.
  await store.save([failed({ at: t3, keys: [], offenders: 3 })], { worker })
  expect(await open()).toEqual(['a', 'b', 'c'])
  await store.save([errored({ at: t4 })], { worker })
  expect(await open()).toEqual(['a', 'b', 'c'])
  await store.save([skipped({ at: t5 })], { worker })
  expect(await open()).toEqual(['a', 'b', 'c'])
  expect((await store.changesSince(0n)).results).toMatchObject([{ verdict: { state: 'skipped' } }])
})

test('the latest failed result carries its own sample, with when each began', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2] = times
  await store.save([failed({ at: t1, keys: ['a', 'b'] })], { worker })
  await store.save([failed({ at: t2, keys: ['b', 'c'], offenders: 9 })], { worker })
  const [result] = (await store.changesSince(0n)).results
  expect(result?.verdict).toMatchObject({
    state: 'fail',
    values: { offenders: 9 },
    findings: [
      { key: 'b', firstSeen: t1, lastSeen: t2, detail: { userId: 'user of b', name: null } },
      { key: 'c', firstSeen: t2, lastSeen: t2 },
    ],
  })
})

test('findings can be asked for by target, check, time and number', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2] = times
  await store.save([failed({ at: t1, check: 'a.one', keys: ['x', 'y'] })], { worker })
  await store.save([failed({ at: t2, check: 'a.two', target: 'blog', keys: ['z'] })], { worker })
  const keys = async (filter: Parameters<typeof store.findings>[0]) =>
    (await store.findings(filter)).map(({ key }) => key)

  expect(await keys({ limit })).toEqual(['z', 'x', 'y'])
  expect(await keys({ limit: 2 })).toEqual(['z', 'x'])
  expect(await keys({ limit: 0 })).toEqual([])
  expect(await keys({ limit, target: 'shop' })).toEqual(['x', 'y'])
  expect(await keys({ limit, check: 'a.two' })).toEqual(['z'])
  expect(await keys({ limit, check: 'a.two', target: 'shop' })).toEqual([])
  expect(await keys({ limit, since: new Date(t2) })).toEqual(['z'])
})

test('what was resolved 30 days ago is forgotten, and no more than 500 are kept', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const day = 24 * 60
  await store.save([failed({ at: minutesAgo(32 * day), check: 'a.old', keys: ['old'] })], { worker })
  await store.save([passed({ at: minutesAgo(31 * day), check: 'a.old' })], { worker })
  const crowd = (from: number) =>
    Array.from({ length: 300 }, (_, i) => `k${String(from + i).padStart(4, '0')}`)
  // As many offenders as there are keys, but never a whole sample: nothing is resolved, so only the limit ends lives.
  await store.save([failed({ at: minutesAgo(60), check: 'a.many', keys: crowd(0), offenders: 9_999 })], {
    worker,
  })
  await store.save([failed({ at: minutesAgo(59), check: 'a.many', keys: crowd(300), offenders: 9_999 })], {
    worker,
  })
  expect(await store.findings({ includeResolved: true, limit })).toHaveLength(601)

  for (const minutes of Array.from({ length: 18 }, (_, i) => 58 - i)) {
    const at = minutesAgo(minutes)
    await store.save([failed({ at, check: 'a.many', keys: ['k0000'], offenders: 9_999 })], { worker })
  }
  const kept = await store.findings({ check: 'a.many', includeResolved: true, limit })
  expect(kept).toHaveLength(500)
  // Of the first crowd only the one that was seen again, and of the rest the newest: all 300, then 199 older.
  expect(kept[0]?.key).toBe('k0000')
  expect(kept.filter(({ key }) => key >= 'k0300')).toHaveLength(300)

  const repeated = Array.from({ length: 19 }, (_, i) => passed({ at: minutesAgo(30 - i), check: 'a.old' }))
  for (const result of repeated) await store.save([result], { worker })
  expect(await store.findings({ check: 'a.old', includeResolved: true, limit })).toEqual([])
})
