import pg from 'pg'
import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { minutesAgo, passed } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const worker = 'one'

test('a poller is told what is new to it', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const empty = await store.changesSince(0n)
  expect(empty.results).toEqual([])

  await store.save([passed({ at: minutesAgo(3), check: 'a.one' })], { worker })
  const one = await store.changesSince(empty.revision)
  expect(one.results.map(({ check }) => check)).toEqual(['a.one'])

  await store.save([passed({ at: minutesAgo(2), check: 'a.two' })], { worker })
  const two = await store.changesSince(one.revision)
  expect(two.results.map(({ check }) => check)).toContain('a.two')
  expect((await store.changesSince(0n)).results.map(({ check }) => check)).toEqual(['a.one', 'a.two'])
})

test('a change is seen whose transaction began before another and ended after it', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await store.save([passed({ at: minutesAgo(9), check: 'a.slow' })], { worker })
  await store.save([passed({ at: minutesAgo(9), check: 'a.fast' })], { worker })

  const slow = new pg.Client({ connectionString: database.url })
  await slow.connect()
  try {
    await slow.query('begin')
    await slow.query(`update authwatch.check_result
      set revision = pg_current_xact_id()::text::bigint, duration_ms = 77 where check_id = 'a.slow'`)
    await store.save([passed({ at: minutesAgo(1), check: 'a.fast' })], { worker })
    const before = await store.changesSince(0n)
    expect(before.results.find(({ check }) => check === 'a.fast')?.startedAt).toBe(minutesAgo(1))
    await slow.query('commit')

    const after = await store.changesSince(before.revision)
    expect(after.results.find(({ check }) => check === 'a.slow')?.durationMs).toBe(77)
  } finally {
    await slow.end()
  }
})

test('a poller misses nothing while many workers store at once', async () => {
  await using database = await stateDatabase()
  await using reader = await openState(database)
  await using first = await openState(database)
  await using second = await openState(database)
  const rounds = 40
  const lanes = 8
  // Each is written once: one that is passed over never comes again.
  const write = async (lane: number) => {
    for (let round = 1; round <= rounds; round += 1) {
      const run = { at: minutesAgo(60), target: `t${lane}` }
      const results = [passed({ ...run, check: `one.r${round}` }), passed({ ...run, check: `two.r${round}` })]
      await (lane % 2 === 0 ? first : second).save(results, { worker: `lane ${lane}` })
    }
  }
  const seen = new Set<string>()
  let revision = 0n
  let polls = 0
  const poll = async () => {
    const changes = await reader.changesSince(revision)
    expect(changes.revision).toBeGreaterThanOrEqual(revision)
    revision = changes.revision
    polls += 1
    for (const { target, check } of changes.results) seen.add(`${target} ${check}`)
  }
  const writing = { done: false }
  const writers = Promise.all(Array.from({ length: lanes }, (_, lane) => write(lane))).finally(() => {
    writing.done = true
  })
  while (!writing.done) await poll()
  await writers
  await poll()

  expect(polls).toBeGreaterThan(20)
  expect(seen.size).toBe(lanes * rounds * 2)
})

test('revisions of another server, whose ids are smaller, make the poller begin anew', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await store.save([passed({ at: minutesAgo(1) })], { worker })
  const restored = await store.changesSince(2n ** 62n)
  expect(restored.results).toHaveLength(1)
  expect(restored.revision).toBeLessThan(2n ** 62n)
})

test('thousands of results come whole, in pages', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const at = minutesAgo(1)
  const targets = Array.from({ length: 300 }, (_, i) => `t${i}`)
  const checks = Array.from({ length: 15 }, (_, i) => `a.check_${i}` as const)
  await Promise.all(
    targets.map((target) =>
      store.save(
        checks.map((check) => passed({ at, check, target })),
        { worker },
      ),
    ),
  )
  const { results } = await store.changesSince(0n)
  expect(results).toHaveLength(4_500)
  expect(new Set(results.map(({ target, check }) => `${target} ${check}`)).size).toBe(4_500)
})
