import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openState } from '../../src/results/open-state.ts'
import { batchOf, found, rejected, told } from '../events/sample-batches.ts'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { promtoolCheckMetrics } from '../support/prometheus.ts'
import { NEXT_TOKEN, type Sent, send, serveIngest, TOKEN } from './serve-ingest.ts'

const SECRET = 'hunter2'
const TABLES = ['ingest_source', 'auth_event_server', 'auth_event_counter', 'auth_event_duration']

/** Everything that ingest writes, byte for byte. */
async function contents(database: StateDatabase): Promise<string> {
  const tables = [...TABLES, 'auth_event_distinct'].map((table) =>
    database.query(`select to_jsonb(t) as row from ${table} as t order by 1`),
  )
  return JSON.stringify(await Promise.all(tables))
}

async function served() {
  const database = await stateDatabase()
  const store = await openState(database)
  const server = await serveIngest({ store })
  const close = async () => {
    await server[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  return { database, server, [Symbol.asyncDispose]: close }
}

const eventsOf = (exposition: string) =>
  (parseExposition(exposition, 'text').get('authwatch_auth_events_total')?.samples ?? [])
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => [labels.server, labels.operation, labels.reason, value])
    .toSorted((a, b) => (String(a) < String(b) ? -1 : 1))

test('a batch is counted once, however often it comes, and the answer is always the same', async () => {
  await using it = await served()
  expect(eventsOf(await it.server.metrics())).toEqual([])
  const batch = batchOf({ counts: [rejected(3), told(2)], sequence: 5 })
  for (let n = 0; n < 3; n += 1) {
    const answer = await send(it.server, batch)
    expect([answer.status, answer.json]).toEqual([200, { applied: 5 }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }
  expect(eventsOf(await it.server.metrics())).toEqual([
    ['crm-a', 'organization', 'not_a_member', 2],
    ['crm-a', 'sign_in_email', 'invalid_credentials', 3],
  ])
})

test('a batch is taken without compression too, and either of two tokens is good', async () => {
  await using it = await served()
  const plain = Buffer.from(JSON.stringify(batchOf()))
  const options = { token: NEXT_TOKEN, headers: { 'content-encoding': 'identity' } }
  expect((await send(it.server, plain, options)).status).toBe(200)
  const typed = { 'content-type': 'Application/JSON; charset=utf-8' }
  expect((await send(it.server, batchOf(), { headers: typed })).status).toBe(200)
  expect(eventsOf(await it.server.metrics())).toEqual([['crm-a', 'sign_in_email', 'invalid_credentials', 6]])
})

test('many batches of many sources at once are all counted', async () => {
  await using it = await served()
  const batches = Array.from({ length: 100 }, (_, i) =>
    batchOf({ server: i % 2 === 0 ? 'crm-a' : 'crm-b', counts: [rejected(1), found(2)] }),
  )
  const deliver = async (batch: (typeof batches)[number]): Promise<void> => {
    // Each of them twice at once: a proxy that repeats requests.
    const answers = await Promise.all([send(it.server, batch), send(it.server, batch)])
    for (const { status } of answers) expect([200, 503]).toContain(status)
    if (answers.some(({ status }) => status === 200)) return
    await sleep(20)
    await deliver(batch)
  }
  await Promise.all(batches.map(deliver))
  expect(eventsOf(await it.server.metrics())).toEqual([
    ['crm-a', 'get_session', 'ok', 100],
    ['crm-a', 'sign_in_email', 'invalid_credentials', 50],
    ['crm-b', 'get_session', 'ok', 100],
    ['crm-b', 'sign_in_email', 'invalid_credentials', 50],
  ])
})

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const plain: Sent = { headers: { 'content-encoding': 'identity' } }
const zipped = gzipSync(json(batchOf()))
const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20))
const corrupt = Buffer.from(zipped).fill(0xff, 20, 40)

test.for<[string, number, unknown, Sent]>([
  ['an unknown label', 400, batchOf({ counts: [{ ...rejected(1), reason: SECRET as 'ok' }] }), {}],
  ['a huge number', 400, batchOf({ counts: [{ ...rejected(1), count: 2 ** 41 }] }), {}],
  [
    'a number without end',
    400,
    Buffer.from(JSON.stringify(batchOf()).replace('"count":3', '"count":1e999')),
    plain,
  ],
  ['a negative number', 400, batchOf({ counts: [{ ...rejected(1), count: -1 }] }), {}],
  ['half an event', 400, batchOf({ counts: [{ ...rejected(1), count: 0.5 }] }), {}],
  ['a key nobody knows', 400, { ...batchOf(), [SECRET]: SECRET }, {}],
  ['a good entry before a bad one', 400, batchOf({ counts: [rejected(1), { ...found(1), sum: -1 }] }), {}],
  ['truncated gzip', 400, zipped.subarray(0, -12), {}],
  ['corrupt gzip', 400, corrupt, {}],
  ['no gzip though it says so', 400, json(batchOf()), {}],
  ['gzip though it says nothing', 400, zipped, plain],
  ['no JSON', 400, Buffer.from(`{"${SECRET}`), plain],
  ['text that is not UTF-8', 400, Buffer.from([0x22, 0xff, 0x22]), plain],
  ['nothing at all', 400, Buffer.alloc(0), plain],
  ['a million brackets', 400, gzipSync(Buffer.alloc(1_000_000, '[')), {}],
  ['a gzip bomb', 413, bomb, {}],
  ['more than 256 KiB', 413, Buffer.alloc(256 * 1024 + 1, ' '), plain],
  ['another type', 415, batchOf(), { headers: { 'content-type': 'text/plain' } }],
  ['another compression', 415, batchOf(), { headers: { 'content-encoding': 'br' } }],
  ['two compressions', 415, gzipSync(zipped), { headers: { 'content-encoding': 'gzip, gzip' } }],
  ['a server that is not configured', 422, batchOf({ server: 'crm-z' }), {}],
  ['no token', 401, batchOf(), { token: '' }],
  ['a wrong token', 401, batchOf(), { token: `${TOKEN.slice(0, -1)}x` }],
  ['the beginning of the token', 401, batchOf(), { token: TOKEN.slice(0, 20) }],
  ['another scheme', 401, batchOf(), { headers: { authorization: `Basic ${TOKEN}` } }],
  ['a wrong token and a bomb', 401, bomb, { token: 'x' }],
])('%s is answered %d; nothing is counted and nothing told', async ([, status, body, options]) => {
  await using it = await served()
  await send(it.server, batchOf({ counts: [rejected(1), found(1)] }))
  const before = await contents(it.database)
  const answer = await send(it.server, body, options)
  expect(answer.status).toBe(status)
  expect(answer.json).toEqual({ error: expect.stringMatching(/^[\w .:,;/[\]-]{1,120}$/) })
  expect(answer.text).not.toContain(SECRET)
  expect(answer.text).not.toContain(TOKEN.slice(0, 8))
  expect(await contents(it.database)).toBe(before)
  expect(it.server.reported).toEqual([])
  // And the next good one is counted as ever.
  expect((await send(it.server, batchOf())).status).toBe(200)
})

test('a body without end is cut off soon, with and without a token', async () => {
  await using it = await served()
  for (const [token, status] of [
    [TOKEN, 413],
    ['x'.repeat(40), 401],
  ] as const) {
    const { answer, sent } = await pour(it.server.port, token)
    // A connection that is closed on who still sends may take the answer along.
    expect(answer).toMatch(new RegExp(`^(HTTP/1.1 ${status} |$)`))
    expect(sent).toBeLessThan(POURED)
  }
  expect((await send(it.server, batchOf())).status).toBe(200)
})

/** The adapter reads on for half a second, and throws that away, so that the answer is heard. */
const POURED = 512 * 2 ** 20

/** Sends spaces for ever, chunk by chunk, until the server has answered and closed. */
async function pour(port: number, token: string): Promise<{ answer: string; sent: number }> {
  const socket = connect({ host: '127.0.0.1', port })
  let answer = ''
  let sent = 0
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  socket.write(
    `POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
  const deadline = Date.now() + 10_000
  while (!socket.destroyed && Date.now() < deadline && sent < POURED) {
    sent += chunk.length
    socket.removeAllListeners('drain')
    const drained = new Promise<void>((resolve) => socket.once('drain', () => resolve()))
    if (!socket.write(chunk)) await Promise.race([drained, closed, sleep(1_000)])
  }
  socket.destroy()
  await closed
  return { answer, sent }
}

test('wrong tokens are told to wait after a while, and nobody with a right one has to', async () => {
  await using it = await served()
  const attempts = Array.from({ length: 100 }, () => send(it.server, batchOf(), { token: 'x' }))
  const answers = await Promise.all(attempts)
  const plain = answers.filter(({ status }) => status === 401)
  const waits = answers.filter(({ status }) => status === 429)
  expect(plain.length + waits.length).toBe(100)
  // 20 at once, and 5 more each second.
  expect(plain.length).toBeGreaterThanOrEqual(20)
  expect(waits.length).toBeGreaterThan(0)
  expect(new Set(waits.map(({ headers }) => headers.get('retry-after')))).toEqual(new Set(['1']))
  expect((await send(it.server, batchOf())).status).toBe(200)
})

test('without a token in the configuration there is no ingest, and the answer says why', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await using server = await serveIngest({ store, tokens: [] })
  const answer = await send(server, batchOf())
  expect([answer.status, answer.json]).toEqual([
    404,
    { error: 'ingest is off: AUTHWATCH_INGEST_TOKEN is not set' },
  ])
  expect(await database.query('select * from ingest_source')).toEqual([])
})

test('reading /ingest is not allowed, and requests to it are counted under its name', async () => {
  await using it = await served()
  const answer = await fetch(`${it.server.url}/ingest`, { signal: AbortSignal.timeout(5_000) })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  await send(it.server, batchOf())
  expect(await it.server.metrics()).toContain(
    'authwatch_http_requests_total{route="/ingest",status="200"} 1\n',
  )
})

test('where no servers are configured the first 200 names are taken and no more', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await database.query(`
    insert into auth_event_server
    select 'pod-' || n, 0, now(), 0 from generate_series(1, 199) as n`)
  await using server = await serveIngest({ store, servers: [] })
  expect((await send(server, batchOf({ server: 'crm-a' }))).status).toBe(200)
  const refused = await send(server, batchOf({ server: 'crm-b' }))
  expect([refused.status, refused.json]).toEqual([
    422,
    { error: 'no such server is configured, or there are too many' },
  ])
  expect((await send(server, batchOf({ server: 'pod-7' }))).status).toBe(200)
  expect((await send(server, batchOf({ server: 'crm-a' }))).status).toBe(200)
})

test('promtool has nothing to say about the events in /metrics', async ({ skip }) => {
  const promtool = await binaryOrSkip('promtool')
  skip('skip' in promtool, 'promtool is missing')
  await using it = await served()
  await send(it.server, batchOf({ counts: [rejected(3), found(2)], dropped: 1 }))
  expect(await promtoolCheckMetrics(await it.server.metrics())).toEqual({ code: 0, output: '' })
})
