import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { errored, failed, minutesAgo, passed, skipped } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const worker = 'one'

test('a stored result comes back as it was, with its memory', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const at = minutesAgo(5)
  const results = [
    errored({ at, check: 'a.error' }),
    failed({ at, check: 'a.fail', keys: ['k1'] }),
    passed({ at, check: 'a.pass' }),
    skipped({ at, check: 'a.skipped' }),
  ]
  await store.save(results, { worker, tick: new Date(at) })

  const { results: stored } = await store.changesSince(0n)
  expect(stored).toMatchObject(results)
  expect(stored.map(({ lastSuccessAt }) => lastSuccessAt)).toEqual([null, at, at, null])
  expect(stored.every(({ stateSince }) => stateSince === at)).toBe(true)
  expect(stored[1]?.runs).toEqual({ pass: 0, fail: 1, error: 0, skipped: 0 })
})

test('times are the same whatever time zone the database has', async () => {
  await using database = await stateDatabase({ TimeZone: 'America/New_York' })
  await using store = await openState(database)
  const at = minutesAgo(5) + 123
  await store.save([failed({ at, keys: ['k1'] })], { worker, tick: new Date(at) })

  expect((await store.changesSince(0n)).results).toMatchObject([{ startedAt: at, stateSince: at }])
  expect(await store.findings({ since: new Date(at), limit: 9 })).toMatchObject([{ firstSeen: at }])
  expect(await store.findings({ since: new Date(at + 1), limit: 9 })).toEqual([])
  await store.claim({ target: 'shop', unit: 'u', tick: new Date(at), worker, leaseMs: 1000 })
  expect(await store.claimedSince(new Date(at))).toMatchObject([{ tick: new Date(at) }])
})

test('a state begins when it changes, and an error is no success', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2, t3, t4] = [4, 3, 2, 1].map(minutesAgo) as [number, number, number, number]
  const latest = async () => (await store.changesSince(0n)).results[0]

  await store.save([passed({ at: t1 })], { worker })
  await store.save([passed({ at: t2 })], { worker })
  expect(await latest()).toMatchObject({ startedAt: t2, stateSince: t1, lastSuccessAt: t2 })

  await store.save([errored({ at: t3 })], { worker })
  expect(await latest()).toMatchObject({ startedAt: t3, stateSince: t3, lastSuccessAt: t2 })

  await store.save([failed({ at: t4, keys: [] })], { worker })
  expect(await latest()).toMatchObject({
    stateSince: t4,
    lastSuccessAt: t4,
    runs: { pass: 2, fail: 1, error: 1, skipped: 0 },
  })
})

test('storing the same results again, also at once, changes nothing', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const at = minutesAgo(1)
  const results = [passed({ at }), failed({ at, check: 'a.b', keys: ['k1', 'k1', 'k2'] })]
  await store.save(results, { worker })
  const first = await store.changesSince(0n)

  await Promise.all(['one', 'two', 'three'].map((name) => store.save(results, { worker: name })))
  const again = await store.changesSince(0n)
  expect(again.results).toEqual(first.results)
  expect(first.results.map(({ runs }) => runs.pass + runs.fail)).toEqual([1, 1])
  expect(await database.query('select count(*)::int as n from check_run')).toEqual([{ n: 2 }])
})

test('runs of the same checks that are stored at once by many workers are all counted', async () => {
  await using database = await stateDatabase()
  await using one = await openState(database)
  await using two = await openState(database)
  const checks = ['a.one', 'a.two', 'a.three', 'a.four'] as const
  const runs = Array.from({ length: 60 }, (_, i) => {
    const at = minutesAgo(100 - i)
    // In another order each time, and now one state, now another: whoever waits, waits for the same.
    const order = checks.map((_check, place) => checks[(place + i) % checks.length]!)
    const keys = [`k${i % 3}`, `k${i % 4}`, `k${i % 5}`]
    return order.map((check, place) =>
      (i + place) % 3 === 0 ? passed({ at, check }) : failed({ at, check, keys }),
    )
  })
  await Promise.all(runs.map((results, i) => [one, two][i % 2]!.save(results, { worker })))

  const { results } = await one.changesSince(0n)
  expect(results.map(({ startedAt }) => startedAt)).toEqual(Array<number>(4).fill(minutesAgo(41)))
  expect(results.map(({ runs: { pass, fail } }) => pass + fail)).toEqual([60, 60, 60, 60])
  // A third of each check's runs passed.
  expect(results.map(({ runs: { pass } }) => pass)).toEqual([20, 20, 20, 20])
  const newest = runs
    .at(-1)!
    .filter(({ verdict }) => verdict.state === 'fail')
    .map(({ check }) => check)
  const open = new Set((await one.findings({ limit: 100 })).map(({ check }) => check))
  expect([...open].sort()).toEqual(newest.toSorted())
})

test('a result that comes late counts as a run but hides nothing newer', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2] = [minutesAgo(2), minutesAgo(1)]
  await store.save([passed({ at: t2 })], { worker })
  await store.save([failed({ at: t1, keys: ['k1'] })], { worker: 'slow' })

  const [result] = (await store.changesSince(0n)).results
  expect(result).toMatchObject({ startedAt: t2, verdict: { state: 'pass' }, runs: { pass: 1, fail: 1 } })
  expect(await store.findings({ limit: 9 })).toEqual([])
})

test('a result from a clock that is an hour ahead does not hide those of right clocks', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const now = minutesAgo(0)
  await store.save([passed({ at: now + 3_600_000 })], { worker: 'ahead' })
  await store.save([failed({ at: now, keys: [] })], { worker })
  expect((await store.changesSince(0n)).results).toMatchObject([
    { startedAt: now, verdict: { state: 'fail' } },
  ])
})

test('text that jsonb refuses, and a key longer than an index row may be, are stored all the same', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const key = `${'x'.repeat(9_000)}\0\uD800`
  const message = 'a\0b\uD800c\u{1F600}'
  const at = minutesAgo(1)
  await store.save(
    [
      failed({ at, keys: [key] }),
      { ...errored({ at, check: 'a.b' }), verdict: { state: 'error', code: 'ERR_INTERNAL', message } },
    ],
    { worker },
  )
  const { results } = await store.changesSince(0n)
  expect(results[0]?.verdict).toMatchObject({ message: 'a\uFFFDb\uFFFDc\u{1F600}' })
  expect(results[1]?.verdict).toMatchObject({ findings: [{ key: 'x'.repeat(500) }] })
})

test('the history keeps 500 runs of a check, and none older than 30 days', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const old = minutesAgo(31 * 24 * 60)
  const runsOf = async (check: string) =>
    (await database.query('select count(*)::int as n from check_run where check_id = $1', [check]))[0]?.n
  const daily = Array.from({ length: 19 }, (_, i) => passed({ check: 'a.daily', at: old + i }))
  await store.save(daily, { worker })
  expect(await runsOf('a.daily')).toBe(19)
  await store.save([passed({ check: 'a.daily', at: minutesAgo(1) })], { worker })
  // The twentieth run tidies, and finds 19 that are too old.
  expect(await runsOf('a.daily')).toBe(1)

  const often = Array.from({ length: 539 }, (_, i) => passed({ check: 'a.often', at: minutesAgo(600 - i) }))
  await store.save(often, { worker, tick: new Date() })
  expect(await runsOf('a.often')).toBe(539)
  await store.save([passed({ check: 'a.often', at: minutesAgo(1) })], { worker })
  expect(await runsOf('a.often')).toBe(500)
  const [oldest] = await database.query(
    `select min(started_at) as at from check_run where check_id = 'a.often'`,
  )
  // 540 runs, a minute apart from 600 minutes ago but for the last: the newest 500 begin with the 41st.
  expect(oldest?.at).toEqual(new Date(often[40]!.startedAt))
  const { results } = await store.changesSince(0n)
  expect(results.map(({ runs }) => runs.pass)).toEqual([20, 540])
})

test('the time is that of the database', async () => {
  await using database = await stateDatabase({ TimeZone: 'Asia/Kolkata' })
  await using store = await openState(database)
  const before = Date.now()
  const now = (await store.now(5_000)).getTime()
  // One machine, one clock; PostgreSQL's has microseconds, which are cut or rounded.
  expect(now).toBeGreaterThanOrEqual(before - 1)
  expect(now).toBeLessThanOrEqual(Date.now() + 1)
})

test('units that end together are stored and given back in one transaction, but for what the database refuses', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [t1, t2] = [minutesAgo(2), minutesAgo(1)]
  const claimed = async (unit: string, at: number) => {
    const run = { target: 'shop', unit, tick: new Date(at), worker }
    expect(await store.claim({ ...run, leaseMs: 60_000 })).toBe('claimed')
    return run
  }
  const save = (unit: string, at: number, release: Awaited<ReturnType<typeof claimed>>) =>
    store.save([passed({ at, check: `unit.${unit}` })], { worker, tick: new Date(at), release })
  const healthy = await Promise.all(['a', 'b', 'c', 'd'].map((unit) => claimed(unit, t1)))
  await Promise.all(healthy.map((run) => save(run.unit, t1, run)))
  const rows = await database.query('select revision, count(*)::int as n from check_result group by revision')
  // The first finds nobody to wait for.
  expect(rows.map(({ n }) => n).toSorted()).toEqual([1, 3])
  expect((await store.claimedSince(new Date(t1))).every(({ finished }) => finished)).toBe(true)

  await database.query(
    `alter table check_result add check (check_id <> 'unit.c' or started_at < to_timestamp(${t2 / 1000}))`,
  )
  const next = await Promise.all(['a', 'b', 'c', 'd'].map((unit) => claimed(unit, t2)))
  const outcomes = await Promise.allSettled(next.map((run) => save(run.unit, t2, run)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect((await store.claimedSince(new Date(t2))).filter(({ finished }) => !finished)).toEqual([
    { ...next[2], finished: false },
  ])

  // Two of one check are two transactions: of the older nothing but the run is kept.
  const two = [minutesAgo(0) + 1, minutesAgo(0)]
  await store.save([passed({ at: t2, check: 'unit.b' })], { worker })
  await Promise.all(
    two.map((at) => store.save([failed({ at, keys: [`k${at}`], check: 'unit.a' })], { worker })),
  )
  const [latest] = (await store.changesSince(0n)).results.filter(({ check }) => check === 'unit.a')
  expect(latest).toMatchObject({ startedAt: two[0], runs: { pass: 2, fail: 2 } })
})
