import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Batch } from '../../src/events/batch.ts'
import { SKETCH_REGISTERS } from '../../src/events/distinct-estimate.ts'
import { type EventTotals, eventTotals } from '../../src/events/event-totals.ts'
import { toEventBatch } from '../../src/events/to-event-batch.ts'
import { workerSketches } from '../../src/events/worker-sketches.ts'
import { createSketch, sketchKey } from '../../src/instrument/sinks/distinct-sketch.ts'
import { openState } from '../../src/results/open-state.ts'
import type { StateStore } from '../../src/results/state-store.ts'
import { stateDatabase } from '../results/state-database.ts'
import { batchOf, found, rejected } from './sample-batches.ts'

const add = (store: StateStore, batch: Batch) =>
  store.events.apply({ batches: [toEventBatch(batch)], windows: [] })

const shown = (totals: EventTotals) => ({
  servers: Object.fromEntries(totals.servers()),
  counts: Object.fromEntries(
    totals.counts().map(({ server, operation, count }) => [`${server} ${operation}`, count]),
  ),
  times: Object.fromEntries(
    totals
      .durations()
      .map(({ server, operation, buckets, sum }) => [
        `${server} ${operation}`,
        [buckets.reduce((all, n) => all + n, 0), Math.round(sum * 10) / 10],
      ]),
  ),
})

test('all workers show the same totals, whoever counted, also one that has just started', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const one = eventTotals({ store: store.events, now: Date.now })
  await one.sync()
  expect(shown(one)).toEqual({ servers: {}, counts: {}, times: {} })
  await add(store, batchOf({ counts: [rejected(3)], dropped: 1 }))
  await one.sync()
  await add(store, batchOf({ counts: [rejected(2), found(1)] }))
  await add(store, batchOf({ server: 'crm-b', counts: [found(4)], dropped: 5 }))
  await one.sync()
  const two = eventTotals({ store: store.events, now: Date.now })
  await two.sync()
  const expected = {
    servers: { 'crm-a': 1, 'crm-b': 5 },
    counts: { 'crm-a sign_in_email': 5, 'crm-a get_session': 1, 'crm-b get_session': 4 },
    times: { 'crm-a sign_in_email': [5, 1], 'crm-a get_session': [1, 20], 'crm-b get_session': [4, 80] },
  }
  expect(shown(one)).toEqual(expected)
  expect(shown(two)).toEqual(expected)
})

test('the version changes when something was counted, and at no other time', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const totals = eventTotals({ store: store.events, now: Date.now })
  await add(store, batchOf())
  await totals.sync()
  const first = totals.version()
  await totals.sync()
  // As while an old transaction is open on the server: what is known is read again.
  for (const table of ['auth_event_counter', 'auth_event_server', 'auth_event_duration']) {
    await database.query(`update ${table} set revision = pg_current_xact_id()::text::bigint`)
  }
  await totals.sync()
  expect(totals.version()).toBe(first)
  await add(store, batchOf())
  await totals.sync()
  expect(totals.version()).toBeGreaterThan(first)
})

test('nothing that is shown goes back: not when a copy is restored, and not when everything is lost', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const totals = eventTotals({ store: store.events, now: Date.now })
  await add(store, batchOf({ counts: [rejected(10)], dropped: 10 }))
  await totals.sync()
  const before = {
    servers: { 'crm-a': 10 },
    counts: { 'crm-a sign_in_email': 10 },
    times: { 'crm-a sign_in_email': [10, 2] },
  }
  expect(shown(totals)).toEqual(before)

  const revision = 'revision = pg_current_xact_id()::text::bigint'
  await database.query(`update auth_event_counter set count = 6, ${revision}`)
  await database.query(`update auth_event_server set dropped = 6, ${revision}`)
  await database.query(`update auth_event_duration set buckets[4] = 6, sum = 1.2, ${revision}`)
  await totals.sync()
  expect(shown(totals)).toEqual(before)
  await add(store, batchOf({ counts: [rejected(1)], dropped: 1 }))
  await totals.sync()
  expect(shown(totals)).toEqual({
    servers: { 'crm-a': 11 },
    counts: { 'crm-a sign_in_email': 11 },
    times: { 'crm-a sign_in_email': [11, 2.2] },
  })

  await database.query('truncate auth_event_counter, auth_event_server, auth_event_duration')
  await totals.sync()
  expect(shown(totals).counts).toEqual({ 'crm-a sign_in_email': 11 })
})

test('while the database is away the totals stay', async () => {
  await using database = await stateDatabase()
  const store = await openState(database)
  const totals = eventTotals({ store: store.events, now: Date.now })
  await add(store, batchOf())
  await totals.sync()
  const before = shown(totals)
  await database.query('alter table auth_event_server rename to gone')
  await expect(totals.sync()).rejects.toMatchObject({ name: 'StateError' })
  expect(shown(totals)).toEqual(before)
  await store[Symbol.asyncDispose]()
})

test('distinct accounts are those of all workers in five minutes, and are forgotten after them', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  const report = async (worker: string, values: readonly string[]): Promise<void> => {
    const sketch = createSketch(sketchKey('a token that only this test knows'))
    for (const value of values) sketch.add(value)
    const batch = { ...batchOf({ source: randomUUID() }), accounts: sketch.encode()! }
    const windows = workerSketches(worker).add([batch], minute)
    expect(windows[0]?.registers).toHaveLength(SKETCH_REGISTERS)
    await store.events.apply({ batches: [toEventBatch(batch)], windows })
  }
  const totals = eventTotals({ store: store.events, now: () => minute })
  await totals.sync()
  expect(totals.distinct('accounts', minute)).toBe(0)
  await report('one', ['ann', 'bob', 'cid'])
  await report('two', ['cid', 'dan'])
  await totals.sync()
  expect(Math.round(totals.distinct('accounts', minute))).toBe(4)
  expect(totals.distinct('sources', minute)).toBe(0)
  expect(Math.round(totals.distinct('accounts', minute + 4 * 60_000 + 59_999))).toBe(4)
  expect(totals.distinct('accounts', minute + 5 * 60_000)).toBe(0)
})
