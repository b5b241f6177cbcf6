import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'

const hello = { fetch: () => new Response('hello') }

test('listens on loopback by default, on the port it says', async () => {
  await using server = await listen(hello, { port: 0 })
  expect(server).toMatchObject({ host: '127.0.0.1', url: `http://127.0.0.1:${server.port}` })
  expect(await (await fetch(server.url)).text()).toBe('hello')
})

test('a port in use is an error that names the port and the way out', async () => {
  await using server = await listen(hello, { port: 0 })
  await expect(listen(hello, { port: server.port })).rejects.toMatchObject({
    name: 'HttpServerError',
    code: 'ERR_PORT_IN_USE',
    message: `Port ${server.port} on 127.0.0.1 is in use by another process. Stop that process, or configure another port.`,
  })
  expect(await (await fetch(server.url)).text()).toBe('hello')
})

test('a host that is not of this machine is an error that says so', async () => {
  await expect(listen(hello, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    code: 'ERR_ADDRESS_UNAVAILABLE',
  })
})

test('closing lets a request under way end, and does not wait for its kept connection', async () => {
  const slow = { fetch: () => sleep(300).then(() => new Response('late')) }
  const server = await listen(slow, { port: 0, closeWithinMs: 5_000 })
  const answer = fetch(server.url).then((response) => response.text())
  await sleep(100)
  const startedAt = performance.now()
  await server[Symbol.asyncDispose]()
  expect(await answer).toBe('late')
  expect(performance.now() - startedAt).toBeLessThan(1_500)
  await expect(fetch(server.url)).rejects.toThrow()
})

test('closing cuts off a request that does not end in time', async () => {
  const endless = { fetch: () => new Promise<Response>(() => {}) }
  const server = await listen(endless, { port: 0, closeWithinMs: 200 })
  const answer = fetch(server.url)
  const cutOff = expect(answer).rejects.toThrow()
  await sleep(100)
  const startedAt = performance.now()
  await server[Symbol.asyncDispose]()
  await cutOff
  expect(performance.now() - startedAt).toBeLessThan(1_500)
  await server[Symbol.asyncDispose]()
})

test('headers without end are refused', async () => {
  await using server = await listen(hello, { port: 0 })
  const socket = connect(server.port, server.host)
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`)
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  expect(await (await fetch(server.url)).text()).toBe('hello')
})
