import { expect, test } from 'vitest'
import { eventTotals } from '../../src/events/event-totals.ts'
import { seriesOf } from '../../src/events/series.ts'
import { toEventBatch } from '../../src/events/to-event-batch.ts'
import { commonOperations } from '../../src/events/vocabulary.ts'
import { eventMetrics } from '../../src/metrics/event-metrics.ts'
import { renderFamilies } from '../../src/metrics/exposition.ts'
import { capSeries } from '../../src/metrics/series-cap.ts'
import { openState } from '../../src/results/open-state.ts'
import { batchOf, found, rejected, told } from '../events/sample-batches.ts'
import { stateDatabase } from '../results/state-database.ts'
import { parseExposition } from './parse-exposition.ts'

const NOW = Date.parse('2026-01-01T00:00:30Z')

async function watched() {
  const database = await stateDatabase()
  const store = await openState(database)
  const totals = eventTotals({ store: store.events, now: () => NOW })
  await totals.sync()
  const families = (servers: readonly string[]) => eventMetrics({ totals, servers, now: NOW }).families
  return {
    add: async (...batches: readonly Parameters<typeof batchOf>[0][]) => {
      const all = batches.map((batch) => toEventBatch(batchOf(batch)))
      await store.events.apply({ batches: all, windows: [] })
      await totals.sync()
    },
    families,
    totals,
    samples: (name: string, servers: readonly string[] = ['crm-a']) =>
      parseExposition(renderFamilies(families(servers), 'text'), 'text').get(name)?.samples ?? [],
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('each series of the vocabulary is there at 0 on each server before anything happened', async () => {
  await using it = await watched()
  const expected = commonOperations.flatMap(seriesOf)
  const counters = it.samples('authwatch_auth_events_total', ['crm-a', 'crm-b'])
  expect(counters).toHaveLength(2 * expected.length)
  expect(counters.every(({ value }) => value === 0)).toBe(true)
  for (const labels of expected) {
    expect(counters).toContainEqual(expect.objectContaining({ labels: { server: 'crm-b', ...labels } }))
  }
  expect(it.samples('authwatch_auth_events_dropped_total', ['crm-a', 'crm-b'])).toMatchObject([
    { labels: { server: 'crm-a' }, value: 0 },
    { labels: { server: 'crm-b' }, value: 0 },
  ])
  const times = it.samples('authwatch_auth_duration_seconds')
  const pairs = new Set(expected.map(({ operation, outcome }) => `${operation} ${outcome}`))
  // Ten buckets, the sum and the count.
  expect(times).toHaveLength(12 * pairs.size)
  expect(it.samples('authwatch_auth_distinct_accounts')).toMatchObject([
    { labels: { window: '5m' }, value: 0 },
  ])
})

test('a worker that could not read the totals yet shows none, and not 0', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const totals = eventTotals({ store: store.events, now: () => NOW })
  expect(eventMetrics({ totals, servers: ['crm-a'], now: NOW }).families).toEqual([])
  await totals.sync()
  expect(eventMetrics({ totals, servers: ['crm-a'], now: NOW }).families).toHaveLength(5)
})

test('without servers there is nothing but what was reported', async () => {
  await using it = await watched()
  expect(it.samples('authwatch_auth_events_total', [])).toEqual([])
  await it.add({ server: 'crm-z', counts: [rejected(2)] })
  const counted = it.samples('authwatch_auth_events_total', []).filter(({ value }) => value > 0)
  expect(counted).toMatchObject([{ labels: { server: 'crm-z' }, value: 2 }])
})

test('counters, the cumulative histogram and drops say what was reported', async () => {
  await using it = await watched()
  await it.add({ counts: [rejected(3), told(4)], dropped: 9 }, { counts: [found(2)] })
  const counted = it.samples('authwatch_auth_events_total').filter(({ value }) => value > 0)
  expect(
    counted.map(({ labels, value }) => [labels.operation, labels.outcome, labels.reason, value]),
  ).toEqual([
    ['get_session', 'success', 'ok', 2],
    ['organization', 'rejected', 'not_a_member', 4],
    ['sign_in_email', 'rejected', 'invalid_credentials', 3],
  ])
  expect(it.samples('authwatch_auth_events_dropped_total')).toMatchObject([{ value: 9 }])
  const of = (operation: string, outcome: string) =>
    it
      .samples('authwatch_auth_duration_seconds')
      .filter(({ labels }) => labels.operation === operation && labels.outcome === outcome)
      .map(({ value }) => value)
  // 0.2 s each: none within 0.1 s, all within 0.25 s; then the sum and the count.
  expect(of('sign_in_email', 'rejected')).toEqual([0, 0, 0, 3, 3, 3, 3, 3, 3, 3, expect.closeTo(0.6, 9), 3])
  // 20 s each: more than every bound.
  expect(of('get_session', 'success')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 40, 2])
  expect(of('organization', 'rejected')).toEqual(new Array(12).fill(0))
})

test('the callback of a provider is there from when a server announced it', async () => {
  await using it = await watched()
  const announced = { ...found(0), operation: 'callback_github', buckets: [], sum: 0 } as const
  await it.add({ counts: [announced] })
  const github = it
    .samples('authwatch_auth_events_total')
    .filter(({ labels }) => labels.operation === 'callback_github')
  expect(github).toMatchObject([{ labels: { server: 'crm-a', reason: 'ok' }, value: 0 }])
})

test('when there are too many series, those of what never happened are left out', async () => {
  await using it = await watched()
  await it.add({ server: 'crm-z', counts: [rejected(1), found(1), told(1)] })
  const { families } = capSeries({ families: it.families(['crm-a', 'crm-z']), limit: 10 })
  const kept = families.find(({ name }) => name === 'authwatch_auth_events_total')?.samples ?? []
  expect(kept.slice(0, 3).map(({ value }) => value)).toEqual([1, 1, 1])
})

test('what was made is good until the end of the minute, when the oldest minute leaves the window', async () => {
  await using it = await watched()
  const { validUntil } = eventMetrics({ totals: it.totals, servers: [], now: NOW })
  expect(validUntil).toBe(Date.parse('2026-01-01T00:00:59.999Z'))
})
