import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { createHttpApp } from '../../src/http/create-http-app.ts'
import { listen } from '../../src/http/listen.ts'
import { followWebConfig } from '../../src/http/web-config/follow-web-config.ts'
import { preparedMetrics } from '../../src/metrics/prepared-metrics.ts'
import type { HandledRequest } from '../../src/metrics/process-metrics.ts'
import { nothing, pageSources } from './pages/page-sources.ts'

const HASH = '$2b$10$lIE/AFJiXg21E0DRdRB0oOyE0GfoGGb6Ufyax8UDd/wIm/kQthzDe'
const RIGHT = `Authorization: Basic ${btoa('alice:correct horse')}`
const WRONG = `Authorization: Basic ${btoa('alice:wrong')}`

/** One app on two ports: as a worker serves it, and by the router alone. */
async function servedTwice(config: string) {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-prompt-'))
  const path = join(folder, 'web.yml')
  await writeFile(path, config)
  let reloads = 0
  const onReload = () => {
    reloads += 1
  }
  const web = followWebConfig({ path, onReload, onRefused: () => {} })
  let broken = false
  const metrics = preparedMetrics({
    workerMetrics: () => {
      if (broken) throw new Error('broken')
      return []
    },
    processMetrics: async () => [],
    clock: () => 0,
  })
  const counted: HandledRequest[] = []
  const routed: string[] = []
  const app = createHttpApp({
    ...{ version: '0.0.1', metrics, web, notReady: () => [], pages: pageSources(nothing) },
    countRequest: (request) => counted.push(request),
    report: () => {},
  })
  const fetch = (request: Request) => {
    routed.push(request.method)
    return app.fetch(request)
  }
  const one = await listen({ ...app, fetch }, { port: 0, closeWithinMs: 500 })
  const router = await listen({ fetch: app.fetch }, { port: 0, closeWithinMs: 500 })
  return {
    ...{ ports: [one.port, router.port] as const, counted, routed },
    break: () => {
      broken = true
      metrics.prepare(() => ({ families: [], validUntil: Number.POSITIVE_INFINITY }))
    },
    change: async (text: string) => {
      const before = reloads
      await writeFile(path, text)
      await vi.waitFor(() => expect(reloads).toBe(before + 1), { timeout: 10_000 })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([one, router].map((server) => server[Symbol.asyncDispose]()))
      web[Symbol.dispose]()
      await rm(folder, { recursive: true })
    },
  }
}

/** What comes back, to the byte, but for the order and the time. */
async function answer(port: number, line: string, headers: readonly string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', timeout: 10_000 })
  socket.write([line, ...headers, 'Connection: close', '', ''].join('\r\n'), 'latin1')
  const all = await text(socket.setEncoding('latin1'))
  const end = all.indexOf('\r\n\r\n')
  const [status, ...fields] = all.slice(0, end).split('\r\n')
  const lines = fields.map((field) => field.toLowerCase()).filter((field) => !field.startsWith('date:'))
  return [status, ...lines.toSorted(), '', all.slice(end)].join('\n')
}

const GET = 'GET /metrics HTTP/1.1'
const HOST = 'Host: localhost:9469'
const PROMETHEUS = 'Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3'

/** Requests, and whether the router has to be asked about them. */
const REQUESTS: readonly (readonly [name: string, routed: boolean, line: string, ...headers: string[]])[] = [
  ['nothing asked for', false, GET, HOST],
  ['what Prometheus asks for', false, GET, HOST, PROMETHEUS, 'Accept-Encoding: gzip'],
  ['the same again', false, GET, HOST, PROMETHEUS, 'Accept-Encoding: gzip'],
  ['OpenMetrics, not compressed', false, GET, HOST, PROMETHEUS, 'Accept-Encoding: identity'],
  ['text, compressed', false, GET, HOST, 'Accept: text/plain', 'Accept-Encoding: br, *;q=0.5'],
  [
    'headers that are given twice',
    false,
    GET,
    HOST,
    'Accept: text/plain',
    PROMETHEUS,
    'accept-encoding: gzip;q=0',
    'Accept-Encoding: br',
  ],
  ['headers that are nonsense', false, GET, HOST, 'Accept: ,;;=é', 'Accept-Encoding: ;q=2'],
  ['an address for a name', false, GET, 'Host: 10.0.0.1'],
  ['IPv6', true, GET, 'Host: [::1]:9469'],
  ['a port that is none', true, GET, 'Host: localhost:99999'],
  ['a host that is none', true, GET, 'Host: a b/c'],
  ['no host', true, GET],
  ['HTTP/1.0', true, 'GET /metrics HTTP/1.0'],
  ['a body', false, GET, HOST, 'Content-Length: 0'],
  ['a query', true, 'GET /metrics?name=up HTTP/1.1', HOST],
  ['the whole address', true, 'GET http://localhost/metrics HTTP/1.1', HOST],
  ['a path around', true, 'GET /x/../metrics HTTP/1.1', HOST],
  ['a path below', true, 'GET /metrics/ HTTP/1.1', HOST],
  ['HEAD', true, 'HEAD /metrics HTTP/1.1', HOST, 'Accept-Encoding: gzip'],
  ['POST', true, 'POST /metrics HTTP/1.1', HOST, 'Content-Length: 0'],
]

test('what is answered past the router is answered as the router would', async () => {
  const headers =
    'http_server_config: { headers: { Strict-Transport-Security: max-age=60, X-Frame-Options: sameorigin } }'
  await using served = await servedTwice(headers)
  const [port, router] = served.ports
  for (const [name, routed, line, ...headers] of REQUESTS) {
    served.routed.length = 0
    const expected = await answer(router, line, headers)
    expect([name, await answer(port, line, headers)]).toEqual([name, expected])
    // What the adapter refuses does not even get to the router.
    const refused = expected.includes(' 400 ')
    expect([name, served.routed.length]).toEqual([name, routed && !refused ? 1 : 0])
    if (routed) continue
    expect(expected).toMatch(/^HTTP\/1.1 200 OK\n/)
    expect(expected).toContain('\ncache-control: no-store\n')
    expect(expected).toContain('\nstrict-transport-security: max-age=60\n')
  }
})

test('who is not known to be let in is for the router, and so is everybody after the users changed', async () => {
  await using served = await servedTwice(`basic_auth_users: { alice: ${HASH} }`)
  const [port, router] = served.ports
  const both = async (...headers: string[]) => {
    served.routed.length = 0
    const expected = await answer(router, GET, [HOST, ...headers])
    expect(await answer(port, GET, [HOST, ...headers])).toBe(expected)
    return [Number(expected.slice(9, 12)), served.routed.length]
  }
  expect(await both()).toEqual([401, 1])
  expect(await both(WRONG)).toEqual([401, 1])
  // The router has looked at this password by then.
  expect(await both(RIGHT)).toEqual([200, 0])
  expect(await both(RIGHT, WRONG)).toEqual([401, 1])
  expect(await both(WRONG, RIGHT)).toEqual([401, 1])
  await served.change(`basic_auth_users: { bob: ${HASH} }`)
  expect(await both(RIGHT)).toEqual([401, 1])
  await served.change('http_server_config: { headers: { Strict-Transport-Security: max-age=7 } }')
  expect(await both()).toEqual([200, 0])
  expect(await answer(port, GET, [HOST])).toContain('strict-transport-security: max-age=7\n')
})

test('a fault is answered by the router, and each request is counted once', async () => {
  await using served = await servedTwice('')
  const [port] = served.ports
  const scraper = 'X-Prometheus-Scrape-Timeout-Seconds: 10'
  expect(await answer(port, GET, [HOST, scraper])).toMatch(/^HTTP\/1.1 200 /)
  served.break()
  expect(await answer(port, GET, [HOST])).toMatch(/^HTTP\/1.1 500 (.|\s)*\n\r\n\r\nInternal error\n$/)
  expect(served.routed).toEqual(['GET'])
  expect(served.counted.map(({ route, status, scraped }) => [route, status, scraped])).toEqual([
    ['/metrics', 200, true],
    ['/metrics', 500, false],
  ])
})
