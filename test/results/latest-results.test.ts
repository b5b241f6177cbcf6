import { expect, test, vi } from 'vitest'
import { latestResults } from '../../src/results/latest-results.ts'
import { openState } from '../../src/results/open-state.ts'
import { ownServer } from '../commands/own-server.ts'
import { failed, minutesAgo, passed } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 })

const tick = new Date(minutesAgo(1))
const clock = Date.now
const only = (results: ReturnType<ReturnType<typeof latestResults>['all']>) => {
  expect(results).toHaveLength(1)
  return results[0]
}

test.concurrent('an own result is seen at once, those of others at the next poll, and the newest stays', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const ours = latestResults({ store, worker: 'ours', clock })
  const theirs = latestResults({ store, worker: 'theirs', clock })

  await ours.record({ results: [passed({ at: minutesAgo(5) })], tick })
  expect(only(ours.all())).toMatchObject({ startedAt: minutesAgo(5), runs: { pass: 1 } })
  expect(theirs.all()).toEqual([])
  await theirs.sync()
  expect(theirs.all()).toEqual(ours.all())

  await theirs.record({ results: [failed({ at: minutesAgo(4), keys: ['a'] })], tick })
  expect(only(theirs.all())).toMatchObject({ verdict: { state: 'fail' }, runs: { pass: 1, fail: 1 } })
  expect(only(ours.all())).toMatchObject({ verdict: { state: 'pass' } })
  await ours.sync()
  await theirs.sync()
  expect(ours.all()).toEqual(theirs.all())
  expect(only(ours.all())).toMatchObject({
    verdict: { state: 'fail', findings: [{ key: 'a', firstSeen: minutesAgo(4), lastSeen: minutesAgo(4) }] },
    stateSince: minutesAgo(4),
    lastSuccessAt: minutesAgo(4),
  })

  const version = ours.version()
  await ours.sync()
  expect(only(ours.all())).toMatchObject({ startedAt: minutesAgo(4) })
  expect(ours.version()).toBeGreaterThanOrEqual(version)
})

test.concurrent('an older result that comes by a poll does not replace a newer one of our own', async () => {
  await using server = await ownServer(['state'])
  await using store = await openState({ url: server.url('state') })
  const theirs = latestResults({ store, worker: 'theirs', clock })
  await theirs.record({ results: [passed({ at: minutesAgo(5) })], tick })
  await server.stop()
  const ours = latestResults({ store, worker: 'ours', clock })
  await ours.record({ results: [failed({ at: minutesAgo(3), keys: ['a'] })], tick })
  await server.start()

  const stored = await store.changesSince(0n)
  expect(only(stored.results)).toMatchObject({ startedAt: minutesAgo(5) })
  await ours.sync()
  expect(only(ours.all())).toMatchObject({ startedAt: minutesAgo(3), runs: { pass: 1, fail: 1 } })
})

test.concurrent('a result from a clock that ran ahead gives way to what others find meanwhile', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const ours = latestResults({ store, worker: 'ours', clock })
  const theirs = latestResults({ store, worker: 'theirs', clock })
  await ours.record({ results: [passed({ at: minutesAgo(-90) })], tick })
  await ours.sync()
  expect(only(ours.all())).toMatchObject({ startedAt: minutesAgo(-90) })

  await theirs.record({ results: [failed({ at: minutesAgo(1), keys: ['a'] })], tick })
  await ours.sync()
  expect(only(ours.all())).toMatchObject({ startedAt: minutesAgo(1), verdict: { state: 'fail' } })
})

test.concurrent('what cannot be stored waits, is shown meanwhile, and is stored when the server is back', async () => {
  await using server = await ownServer(['state'])
  await using store = await openState({ url: server.url('state') })
  const ours = latestResults({ store, worker: 'ours', clock })
  await ours.record({ results: [passed({ at: minutesAgo(9) })], tick })
  expect(ours.pending()).toBe(0)

  await server.stop()
  for (const minutes of [8, 7]) {
    await ours.record({ results: [failed({ at: minutesAgo(minutes), keys: ['a'] })], tick })
    await expect(ours.sync()).rejects.toMatchObject({ code: 'ERR_STATE_UNREACHABLE' })
  }
  expect(ours.pending()).toBe(2)
  expect(only(ours.all())).toMatchObject({
    startedAt: minutesAgo(7),
    verdict: { state: 'fail', findings: [{ key: 'a', firstSeen: minutesAgo(8), lastSeen: minutesAgo(7) }] },
    runs: { pass: 1, fail: 2 },
  })

  await server.start()
  await vi.waitFor(() => ours.sync(), { timeout: 10_000, interval: 200 })
  expect(ours.pending()).toBe(0)
  expect(ours.dropped()).toBe(0)
  const runs = await server.query('state', 'select worker, state from check_run order by started_at')
  expect(runs).toEqual(['pass', 'fail', 'fail'].map((state) => ({ worker: 'ours', state })))
  expect(only(ours.all())).toMatchObject({ runs: { pass: 1, fail: 2 } })
})

test.concurrent('a store that is known to be away is not waited for, and of too much the oldest is dropped', async () => {
  await using server = await ownServer(['state'])
  await using store = await openState({ url: server.url('state') })
  const ours = latestResults({ store, worker: 'ours', clock })
  await ours.sync()
  await server.pause()
  // The worker asks the store for the time before it syncs, and does not come to that while this hangs.
  await ours.record({ results: [passed({ at: minutesAgo(9) })], tick })

  const began = performance.now()
  for (let at = 0; at < 5_100; at += 1)
    await ours.record({ results: [passed({ at: minutesAgo(8) + at })], tick })
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(ours.pending()).toBe(5_000)
  expect(ours.dropped()).toBe(101)
})

test.concurrent('a result that the store refuses for ever does not keep the others from being stored', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const ours = latestResults({ store, worker: 'ours', clock })
  await ours.sync()
  // No number: it becomes a null where the table wants a duration.
  const broken = { ...passed({ at: minutesAgo(9) }), durationMs: Number.NaN }
  await ours.record({ results: [broken], tick })
  expect(ours.pending()).toBe(1)
  await expect(ours.sync()).rejects.toMatchObject({ code: 'ERR_STATE_QUERY' })

  await ours.record({ results: [passed({ at: minutesAgo(8), target: 'blog' })], tick })
  for (const _ of [1, 2, 3, 4, 5]) await ours.sync()
  expect(ours.pending()).toBe(0)
  expect(ours.dropped()).toBe(1)
  expect(await database.query('select target from check_run')).toEqual([{ target: 'blog' }])
})
