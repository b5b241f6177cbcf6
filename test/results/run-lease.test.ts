import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { minutesAgo } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const unit = { target: 'shop', unit: 'session 5m' }
const leaseMs = 60_000
const tickAt = (minutes: number) => new Date(minutesAgo(minutes))

test('a tick is claimed once, and the next one after the run', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const first = { ...unit, tick: tickAt(3), worker: 'one' }
  const second = { ...unit, tick: tickAt(2), worker: 'two' }

  expect(await store.claim({ ...first, leaseMs })).toBe('claimed')
  expect(await store.claim({ ...first, worker: 'two', leaseMs })).toBe('done')
  expect(await store.claim({ ...second, leaseMs })).toBe('overlap')
  expect(await store.claim({ ...second, unit: 'other', leaseMs })).toBe('claimed')

  await store.release(first)
  expect(await store.claim({ ...first, worker: 'two', leaseMs })).toBe('done')
  expect(await store.claim({ ...second, leaseMs })).toBe('claimed')
  await store.release(second)
  expect(await store.claim({ ...first, leaseMs })).toBe('done')
})

test('of eight workers that ask at once, with a connection each, one gets the tick', async () => {
  await using database = await stateDatabase()
  await using one = await openState(database)
  await using two = await openState(database)
  const stores = [one, two]
  for (const minutes of [9, 8, 7, 6, 5, 4]) {
    const tick = tickAt(minutes)
    const workers = Array.from({ length: 8 }, (_, i) => ({ ...unit, tick, worker: `worker ${i}` }))
    const outcomes = await Promise.all(workers.map((run, i) => stores[i % 2]!.claim({ ...run, leaseMs })))
    expect(outcomes.toSorted()).toEqual(['claimed', ...Array<string>(7).fill('done')])
    await one.release(workers[outcomes.indexOf('claimed')]!)
  }
})

test('the tick of a worker that was killed is run by another when the lease ends', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const killed = { ...unit, tick: tickAt(3), worker: 'killed' }
  expect(await store.claim({ ...killed, leaseMs: 300 })).toBe('claimed')
  expect(await store.claim({ ...killed, worker: 'two', leaseMs })).toBe('done')
  await sleep(350)
  expect(await store.claim({ ...killed, worker: 'two', leaseMs: 300 })).toBe('claimed')
  expect(await store.claim({ ...killed, worker: 'three', leaseMs })).toBe('done')

  // The first was not killed but slow: what it gives back is no longer its own.
  await store.release(killed)
  expect(await store.claimedSince(killed.tick)).toEqual([{ ...killed, worker: 'two', finished: false }])
  await sleep(350)
  expect(await store.claim({ ...unit, tick: tickAt(2), worker: 'three', leaseMs })).toBe('claimed')
})

test('a tick that a wrong clock claimed ten years ahead does not stop the watch', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const ahead = { ...unit, tick: new Date(Date.now() + 3.2e11), worker: 'ahead' }
  const right = { ...unit, tick: tickAt(0), worker: 'right' }
  expect(await store.claim({ ...ahead, leaseMs })).toBe('claimed')
  await store.release(ahead)
  expect(await store.claim({ ...right, leaseMs })).toBe('claimed')
  expect(await store.claim({ ...right, worker: 'two', leaseMs })).toBe('done')
})

test('the units that reached a tick can be listed', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const old = { target: 'blog', unit: 'a', tick: tickAt(5), worker: 'one' }
  const recent = { target: 'shop', unit: 'b', tick: tickAt(2), worker: 'one' }
  await store.claim({ ...old, leaseMs })
  await store.release(old)
  await store.claim({ ...recent, leaseMs })
  expect(await store.claimedSince(tickAt(5))).toEqual([
    { ...old, finished: true },
    { ...recent, finished: false },
  ])
  expect(await store.claimedSince(tickAt(3))).toEqual([{ ...recent, finished: false }])
  expect(await store.claimedSince(tickAt(1))).toEqual([])
})
