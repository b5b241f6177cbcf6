import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { probeDispatcher, serverClient } from '../../src/servers/server-client.ts'

const TIMEOUT_MS = 300

/** Answers `/healthz`, and nothing else, ever. */
const server = createServer((request, response) => {
  if (request.url === '/healthz') response.end('{}')
})
const dispatcher = probeDispatcher()
let url: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  await dispatcher[Symbol.asyncDispose]()
  server.closeAllConnections()
  server.close()
})

/** A collection every few milliseconds while `work` runs, as a busy worker would have them. */
async function whileCollecting<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const timer = setInterval(collect, 10)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function clientThatEnds(signal: AbortSignal) {
  const address = { name: 'crm-a', url, publicUrl: url }
  return serverClient({ address, userAgent: 'test', signal, dispatcher, now: Date.now })
}

test('a request to a server that hangs ends at its own timeout, whatever the garbage collector does', async () => {
  const wholeProbe = AbortSignal.timeout(5_000)
  const client = clientThatEnds(wholeProbe)
  expect(await client.request('/healthz', { timeoutMs: TIMEOUT_MS })).toMatchObject({ status: 200 })
  await whileCollecting(async () => {
    const asked = Array.from({ length: 4 }, () => client.request('/hangs', { timeoutMs: TIMEOUT_MS }))
    for (const outcome of await Promise.allSettled(asked)) {
      expect(outcome).toMatchObject({ reason: { name: 'NetworkFailure', reason: 'timeout' } })
    }
    expect(wholeProbe.aborted).toBe(false)
  })
})

test('a request ends with its probe, though its own time is not over', async () => {
  const ending = new AbortController()
  const client = clientThatEnds(ending.signal)
  const asked = client.request('/hangs', { timeoutMs: 60_000 })
  setTimeout(() => ending.abort(), TIMEOUT_MS)
  await expect(asked).rejects.toMatchObject({ name: 'NetworkFailure', reason: 'timeout' })
  await expect(client.request('/healthz', { timeoutMs: 60_000 })).rejects.toMatchObject({ reason: 'timeout' })
})
