import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Batch } from '../../src/events/batch.ts'
import { toEventBatch } from '../../src/events/to-event-batch.ts'
import type { EventStore } from '../../src/results/event-store.ts'
import { openState } from '../../src/results/open-state.ts'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { batchOf, found, rejected, told } from './sample-batches.ts'

const apply = (store: { readonly events: EventStore }, ...batches: readonly Batch[]) =>
  store.events.apply({ batches: batches.map(toEventBatch), windows: [] })

const totals = (database: StateDatabase) =>
  database.query(`
    select server, operation, outcome, reason, count::int as count
    from auth_event_counter order by server, operation, outcome, reason`)

const sum = async (database: StateDatabase) =>
  (await database.query('select coalesce(sum(count), 0)::int as n from auth_event_counter'))[0]?.n

/**
 * Reads on until what was written before is behind it. Any transaction of the whole PostgreSQL, also of another test's
 * database, holds that up: it might still write.
 */
async function caughtUp({ events }: { readonly events: EventStore }): Promise<bigint> {
  let revision = 0n
  const next = async () => {
    const changes = await events.changesSince(revision)
    revision = changes.revision
    return [...changes.counts, ...changes.durations]
  }
  await expect.poll(next, { timeout: 20_000 }).toEqual([])
  return revision
}

test('a batch is added with its times and what was dropped, and read back', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const batch = batchOf({ counts: [rejected(3), found(2), told(1)], dropped: 7 })
  expect(await apply(store, batch)).toEqual([batch.source])

  const { servers, counts, durations } = await store.events.changesSince(0n)
  expect(servers).toEqual([{ server: 'crm-a', dropped: 7 }])
  expect(counts).toEqual([
    { server: 'crm-a', operation: 'get_session', outcome: 'success', reason: 'ok', count: 2 },
    { server: 'crm-a', operation: 'organization', outcome: 'rejected', reason: 'not_a_member', count: 1 },
    {
      server: 'crm-a',
      operation: 'sign_in_email',
      outcome: 'rejected',
      reason: 'invalid_credentials',
      count: 3,
    },
  ])
  expect(durations).toEqual([
    {
      ...{ server: 'crm-a', operation: 'get_session', outcome: 'success' },
      ...{ buckets: [0, 0, 0, 0, 0, 0, 0, 0, 0, 2], sum: 40 },
    },
    {
      ...{ server: 'crm-a', operation: 'sign_in_email', outcome: 'rejected' },
      ...{ buckets: [0, 0, 0, 3, 0, 0, 0, 0, 0, 0], sum: expect.closeTo(0.6, 9) },
    },
  ])
})

test('times of several reasons of one outcome are one histogram, and those of later batches are added', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const banned = { ...rejected(2), reason: 'banned' } as const
  const source = randomUUID()
  await apply(store, batchOf({ source, counts: [rejected(3), banned] }))
  await apply(store, batchOf({ source, sequence: 2, counts: [rejected(1)] }), batchOf({ counts: [banned] }))
  expect((await store.events.changesSince(0n)).durations).toMatchObject([
    { buckets: [0, 0, 0, 8, 0, 0, 0, 0, 0, 0], sum: expect.closeTo(1.6, 9) },
  ])
  expect(await totals(database)).toMatchObject([
    { reason: 'banned', count: 4 },
    { reason: 'invalid_credentials', count: 4 },
  ])
})

test('a batch that comes again, or after a later one of its source, adds nothing', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const source = randomUUID()
  const [first, third] = [batchOf({ source }), batchOf({ source, sequence: 3, dropped: 2 })]
  expect(await apply(store, first)).toEqual([source])
  expect(await apply(store, first)).toEqual([])
  expect(await apply(store, third)).toEqual([source])
  for (const late of [first, batchOf({ source, sequence: 2 }), third]) {
    expect(await apply(store, late)).toEqual([])
  }
  expect(await sum(database)).toBe(6)
  expect((await store.events.changesSince(0n)).servers).toEqual([{ server: 'crm-a', dropped: 2 }])
})

test('of a group with old and new batches only the new ones are added', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const [old, fresh] = [batchOf(), batchOf({ server: 'crm-b', counts: [found(5)] })]
  await apply(store, old)
  expect(await apply(store, old, fresh)).toEqual([fresh.source])
  expect(await totals(database)).toMatchObject([
    { server: 'crm-a', count: 3 },
    { server: 'crm-b', count: 5 },
  ])
})

test('a batch that two workers are handed at once is added once, whoever is first', async () => {
  await using database = await stateDatabase()
  await using one = await openState(database)
  await using two = await openState(database)
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    const batch = batchOf({ source: '00000000-0000-4000-8000-000000000001', sequence })
    const applied = await Promise.all([one, two, one, two].map((store) => apply(store, batch)))
    expect(applied.flat()).toEqual([batch.source])
  }
  expect(await sum(database)).toBe(60)
})

test('workers that add the same series in groups of their own neither block each other for ever nor lose any', async () => {
  await using database = await stateDatabase()
  await using one = await openState(database)
  await using two = await openState(database)
  const servers = ['crm-a', 'crm-b', 'crm-c']
  const sources = Array.from({ length: 12 }, (_, i) => ({ source: randomUUID(), server: servers[i % 3]! }))
  const groups = Array.from({ length: 30 }, (_, i) => {
    const counts = i % 2 === 0 ? [rejected(1), found(1), told(1)] : [told(1), found(1), rejected(1)]
    const batches = sources.map((each) => batchOf({ ...each, sequence: i + 1, counts }))
    return i % 2 === 0 ? batches : batches.toReversed()
  })
  for (const [i, group] of groups.entries()) {
    // Every group is handed to both, at once with a part of the one before.
    const before = groups[i - 1]?.slice(0, 6) ?? []
    await Promise.all([apply(one, ...group), apply(two, ...group.toReversed()), apply(one, ...before)])
  }
  expect(await sum(database)).toBe(30 * 12 * 3)
})

test('two workers that meet in the middle of the same rows wait in one order, and not for each other', async () => {
  await using database = await stateDatabase()
  await using one = await openState(database)
  await using two = await openState(database)
  const sources = Array.from({ length: 9 }, (_, i) => `00000000-0000-4000-8000-00000000000${i}`)
  const batches = (sequence: number) =>
    sources.map((source) => batchOf({ source, sequence, counts: [rejected(1)] }))
  await apply(one, ...batches(1))

  const third = new pg.Client({ connectionString: database.url, options: '-c search_path=authwatch' })
  await third.connect()
  try {
    await third.query('begin')
    await third.query('update ingest_source set seen_at = seen_at where source = $1', [sources[4]])
    const both = [apply(one, ...batches(2)), apply(two, ...batches(2).toReversed())]
    const waiting = `select count(*)::int as n from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'`
    await expect.poll(async () => (await database.query(waiting))[0]?.n, { timeout: 3_000 }).toBe(2)
    await third.query('commit')
    // One of them is told that the other was first.
    expect((await Promise.all(both)).map((applied) => applied.length).toSorted()).toEqual([0, 9])
  } finally {
    await third.end()
  }
  expect(await sum(database)).toBe(18)
})

test('what the tables refuse leaves nothing of its group behind', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await apply(store, batchOf())
  await database.query('update auth_event_counter set count = 9223372036854775807')
  const group = [batchOf({ counts: [found(1)] }), batchOf({ counts: [rejected(1)] })]
  await expect(apply(store, ...group)).rejects.toMatchObject({ code: 'ERR_STATE_QUERY' })
  expect(await database.query('select count(*)::int as n from ingest_source')).toEqual([{ n: 1 }])
  expect(await database.query('select count(*)::int as n from auth_event_counter')).toEqual([{ n: 1 }])
})

test('only what changed since is read, also what a transaction that is still open writes later', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  expect(await store.events.changesSince(0n)).toMatchObject({
    ...{ servers: [], counts: [], durations: [], windows: [] },
  })
  const before = await caughtUp(store)
  await apply(store, batchOf())
  expect((await store.events.changesSince(before)).counts).toMatchObject([{ count: 3 }])

  const first = await caughtUp(store)
  await apply(store, batchOf({ counts: [found(1)] }))
  const { counts: second } = await store.events.changesSince(first)
  expect(second).toMatchObject([{ operation: 'get_session', count: 1 }])
  const revision = await caughtUp(store)

  const slow = new pg.Client({ connectionString: database.url, options: '-c search_path=authwatch' })
  await slow.connect()
  try {
    await slow.query('begin')
    await slow.query(`
      update auth_event_counter set count = 9, revision = pg_current_xact_id()::text::bigint
      where operation = 'get_session'`)
    await slow.query(`
      insert into auth_event_server values ('crm-c', 0, now(), pg_current_xact_id()::text::bigint)`)
    await apply(store, batchOf({ server: 'crm-b' }))
    const third = await store.events.changesSince(revision)
    expect(third.counts).toMatchObject([{ server: 'crm-b', count: 3 }])
    await slow.query('commit')
    const { counts } = await store.events.changesSince(third.revision)
    expect(counts).toContainEqual(expect.objectContaining({ operation: 'get_session', count: 9 }))
  } finally {
    await slow.end()
  }
})

test('new servers are admitted up to the limit, and those that were are for ever', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const admitted = []
  for (const name of ['a', 'b', 'c', 'a']) admitted.push(await store.events.admit(name, 2))
  expect(admitted).toEqual([true, true, false, true])
})

test('minutes, sources and servers that are long gone are forgotten, and no others', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const registers = new Uint8Array(4096)
  const windows = (['accounts', 'sources'] as const).map((kind) => ({
    ...{ kind, start: Date.now(), worker: 'one', registers },
  }))
  for (const server of ['old', 'new']) {
    await store.events.apply({ batches: [toEventBatch(batchOf({ server }))], windows })
  }
  expect(await store.events.tidy()).toEqual({ windows: 0, sources: 0, servers: 0 })

  await database.query(`update ingest_source set seen_at = now() - interval '31 days' where server = 'old'`)
  await database.query(
    `update auth_event_server set seen_at = now() - interval '31 days' where server = 'old'`,
  )
  await database.query(
    `update auth_event_distinct set window_start = now() - interval '61 minutes' where kind = 'sources'`,
  )
  expect(await store.events.tidy()).toEqual({ windows: 1, sources: 1, servers: 1 })
  expect(await totals(database)).toMatchObject([{ server: 'new', count: 3 }])
  expect(await database.query('select server from auth_event_duration')).toEqual([{ server: 'new' }])
  expect(await database.query('select kind from auth_event_distinct')).toEqual([{ kind: 'accounts' }])
})
