import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { lazyStore } from '../../src/results/lazy-store.ts'
import { openState } from '../../src/results/open-state.ts'
import { ownServer } from '../commands/own-server.ts'
import { stateDatabase } from './state-database.ts'

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 8 })

/** An opener that counts its attempts. */
function opener(url: () => string) {
  const attempts: number[] = []
  const open = () => {
    attempts.push(performance.now())
    return openState({ url: url() })
  }
  return { attempts, open }
}

async function expectUnreachable(call: Promise<unknown>, withinMs: number): Promise<void> {
  const began = performance.now()
  await expect(call).rejects.toMatchObject({ name: 'StateError', code: 'ERR_STATE_UNREACHABLE' })
  expect(performance.now() - began).toBeLessThan(withinMs)
}

test.concurrent('a store opens with its first call and once', async () => {
  await using database = await stateDatabase()
  const { attempts, open } = opener(() => database.url)
  await using store = lazyStore({ open })
  expect(attempts).toEqual([])
  await Promise.all([store.now(10_000), store.changesSince(0n), store.findings({ limit: 1 })])
  expect(attempts).toHaveLength(1)
})

test.concurrent('a store that could not be opened is tried again, but not by every call', async () => {
  await using server = await ownServer(['state'])
  await server.stop()
  const { attempts, open } = opener(() => server.url('state'))
  await using store = lazyStore({ open })
  for (const _ of [1, 2, 3, 4, 5]) await expectUnreachable(store.changesSince(0n), 1_900)
  expect(attempts).toHaveLength(1)

  await server.start()
  await vi.waitFor(() => store.now(1_000), { timeout: 20_000, interval: 100 })
  const [first = 0, second = 0] = attempts
  expect(second - first).toBeGreaterThan(1_900)
  const used = attempts.length
  await store.changesSince(0n)
  expect(attempts).toHaveLength(used)
})

test.concurrent('a server that hangs while it is opened holds up no call and no end', async () => {
  await using server = await ownServer(['state'])
  await server.pause()
  const { open } = opener(() => server.url('state'))
  const store = lazyStore({ open })
  await expectUnreachable(store.now(500), 1_500)
  await expectUnreachable(store.changesSince(0n), 3_000)
  const began = performance.now()
  await store[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(4_000)
  await expectUnreachable(store.changesSince(0n), 500)
})

test.concurrent('a fault that waiting does not mend is told', async () => {
  await using database = await stateDatabase()
  await (await openState(database))[Symbol.asyncDispose]()
  await database.query(`update _prisma_migrations set checksum = 'another'`)
  const told: string[] = []
  const onPermanent = ({ code }: { readonly code: string }) => told.push(code)
  await using store = lazyStore({ ...opener(() => database.url), onPermanent })
  await expect(store.changesSince(0n)).rejects.toMatchObject({ code: 'ERR_STATE_CHECKSUM' })
  expect(told).toEqual(['ERR_STATE_CHECKSUM'])
})

test.concurrent('a server that came back at another address is found there, if that can happen', async () => {
  await using first = await ownServer(['state'])
  await using second = await ownServer(['state'])
  let url = first.url('state')
  const { attempts, open } = opener(() => url)
  await using store = lazyStore({ open, reopenAfterMs: 500 })
  await store.changesSince(0n)
  await first.stop()
  url = second.url('state')

  await expectUnreachable(store.changesSince(0n), 9_000)
  await sleep(600)
  await vi.waitFor(() => store.changesSince(0n), { timeout: 20_000, interval: 100 })
  expect(attempts).toHaveLength(2)
})
