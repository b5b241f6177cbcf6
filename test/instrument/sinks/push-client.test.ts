import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { estimateDistinct, mergeSketch, SKETCH_REGISTERS } from '../../../src/events/distinct-estimate.ts'
import { seriesOf } from '../../../src/events/series.ts'
import type { AuthEvent } from '../../../src/instrument/auth-event.ts'
import type { InstrumentError } from '../../../src/instrument/instrument-error.ts'
import { createPushClient, type PushClient } from '../../../src/instrument/sinks/push-client.ts'
import { type Receiver, startReceiver, TOKEN } from '../receiver.ts'

const EVENT: AuthEvent = {
  operation: 'sign_in_email',
  outcome: 'rejected',
  reason: 'invalid_credentials',
  seconds: 0.1,
}
const NAME = 'sign_in_email rejected invalid_credentials'

interface Opened {
  readonly client: PushClient
  readonly errors: readonly InstrumentError[]
}

function open({ url }: Pick<Receiver, 'url'>, options: { token?: string; intervalMs?: number } = {}): Opened {
  const errors: InstrumentError[] = []
  const client = createPushClient({
    url,
    token: TOKEN,
    intervalMs: 20,
    server: 'crm-a',
    announced: seriesOf('callback_google'),
    onError: (error) => errors.push(error),
    ...options,
  })
  return { client, errors }
}

function count(client: PushClient, events: number, event = EVENT): void {
  for (let each = 0; each < events; each += 1) client.count(event)
}

test('what is counted arrives, added up, after what it announced', async () => {
  await using receiver = await startReceiver()
  const { client, errors } = open(receiver)
  count(client, 1_000)
  client.count({ ...EVENT, seconds: 0.6 })
  client.count({ ...EVENT, seconds: 60 })
  client.count({ ...EVENT, seconds: undefined })
  expect(await client.flush()).toBe(true)
  const [announcement, batch] = receiver.batches
  expect(announcement).toMatchObject({ sequence: 1, server: 'crm-a', dropped: 0 })
  expect(announcement?.counts.every((each) => each.count === 0)).toBe(true)
  expect(announcement?.counts).toHaveLength(seriesOf('callback_google').length)
  // Up to 0.1 s, up to 1 s, and more than 10 s; one was not measured.
  const buckets = [0, 0, 1_000, 0, 0, 1, 0, 0, 0, 1]
  expect(batch?.counts).toMatchObject([{ count: 1_003, buckets }])
  expect(batch?.counts[0]?.sum).toBeCloseTo(1_000 * 0.1 + 0.6 + 60)
  expect(receiver.batches).toHaveLength(2)
  expect(errors).toEqual([])
  await client.close(1_000)
})

test('it delivers by itself', async () => {
  await using receiver = await startReceiver()
  const { client } = open(receiver)
  count(client, 3)
  await vi.waitFor(() => expect(receiver.totals()[NAME]).toBe(3), { timeout: 5_000 })
  await client.close(1_000)
})

test.each(['cut', 500, 503, 429, 401, 404, 422, 302, 'count and cut'] as const)(
  'while the worker answers %s nothing is lost, and afterwards nothing is counted twice',
  async (behaviour) => {
    await using receiver = await startReceiver()
    const { client, errors } = open(receiver)
    await client.flush()
    receiver.behaviour = behaviour
    for (let round = 0; round < 5; round += 1) {
      count(client, 100)
      expect(await client.flush()).toBe(false)
    }
    expect(errors.length).toBeGreaterThanOrEqual(5)
    receiver.behaviour = 200
    expect(await client.flush()).toBe(true)
    expect(receiver.totals()[NAME]).toBe(500)
    expect(receiver.batches.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    await client.close(1_000)
  },
)

test('a wrong token loses nothing either, and is told as such without the token', async () => {
  await using receiver = await startReceiver()
  const { client, errors } = open(receiver, { token: 'another token' })
  count(client, 5)
  expect(await client.flush()).toBe(false)
  expect(errors[0]?.code).toBe('unauthorized')
  expect(JSON.stringify(errors) + errors.map(String)).not.toContain('another token')
  expect(receiver.batches).toEqual([])
  await client.close(100)
})

test('what a worker calls malformed is given up, and told as dropped', async () => {
  await using receiver = await startReceiver()
  const { client, errors } = open(receiver)
  await client.flush()
  receiver.behaviour = 400
  count(client, 7)
  await client.flush()
  expect(errors.map(({ code }) => code)).toContain('refused')
  receiver.behaviour = 200
  count(client, 1)
  expect(await client.flush()).toBe(true)
  expect(receiver.totals()[NAME]).toBe(1)
  expect(receiver.batches.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(7)
  await client.close(1_000)
})

test('a worker that never answers costs no memory that grows', async () => {
  await using receiver = await startReceiver()
  receiver.behaviour = 'hang'
  const { client } = open(receiver)
  count(client, 100_000)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  count(client, 1_000_000)
  for (let each = 0; each < 50_000; each += 1)
    client.attempt({ account: `user-${each}`, source: '198.51.100.7' })
  globalThis.gc?.()
  const grown = process.memoryUsage().heapUsed - before
  // A million events as objects would be some 100 MB.
  expect(grown).toBeLessThan(20 * 1_024 * 1_024)
  expect(await client.close(100)).toBe(false)
})

test('while the worker is away, tries become rarer', async () => {
  await using receiver = await startReceiver()
  receiver.behaviour = 503
  const { client } = open(receiver, { intervalMs: 20 })
  await sleep(1_000)
  // At 20 ms without back-off there would be 50; with it, at most 20·(2+4+8+…)·½ ms ≤ 1 s: seven.
  expect(receiver.requests).toBeGreaterThan(1)
  expect(receiver.requests).toBeLessThanOrEqual(8)
  await client.close(100)
})

test('closing delivers the rest, and waits no longer than it may', async () => {
  await using receiver = await startReceiver()
  const first = open(receiver, { intervalMs: 60_000 })
  count(first.client, 9)
  expect(await first.client.close(5_000)).toBe(true)
  expect(receiver.totals()[NAME]).toBe(9)

  receiver.behaviour = 'hang'
  const second = open(receiver)
  const began = performance.now()
  expect(await second.client.close(300)).toBe(false)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('closing waits for a worker that comes back in time', async () => {
  await using receiver = await startReceiver()
  receiver.behaviour = 'cut'
  const { client } = open(receiver)
  count(client, 4)
  const closed = client.close(10_000)
  await sleep(500)
  receiver.behaviour = 200
  expect(await closed).toBe(true)
  expect(receiver.totals()[NAME]).toBe(4)
})

test('accounts and sources arrive as numbers only, which add up over servers', async () => {
  await using receiver = await startReceiver()
  const { client } = open(receiver)
  const other = open(receiver)
  for (let each = 0; each < 600; each += 1)
    client.attempt({ account: `user-${each}@example.com`, source: '198.51.100.7' })
  for (let each = 400; each < 1_000; each += 1) other.client.attempt({ account: `user-${each}@example.com` })
  await client.flush()
  await other.client.flush()
  const merged = new Uint8Array(SKETCH_REGISTERS)
  for (const { accounts } of receiver.batches) {
    if (accounts !== undefined) mergeSketch(merged, Buffer.from(accounts, 'base64'))
  }
  expect(Math.abs(estimateDistinct(merged) - 1_000)).toBeLessThan(50)
  const sources = receiver.batches.map((batch) => batch.sources).find((each) => each !== undefined) ?? ''
  expect(Math.round(estimateDistinct(Buffer.from(sources, 'base64')))).toBe(1)
  expect(JSON.stringify(receiver.batches)).not.toContain('user-')
  await Promise.all([client.close(1_000), other.client.close(1_000)])
})
