import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { openState } from '../../src/results/open-state.ts'
import { batchOf, found, rejected } from '../events/sample-batches.ts'
import { type Forwarder, forwardTo } from '../results/forwarder.ts'
import { stateDatabase } from '../results/state-database.ts'
import { send, serveIngest } from './serve-ingest.ts'

vi.setConfig({ testTimeout: 90_000 })

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'authwatch-ingest-outage-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(path, 0o755)
  return {
    dataDirectory: join(path, 'postgres'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

function through(server: EmbeddedPostgres, { port }: Forwarder): string {
  const url = new URL(server.url('state'))
  url.port = String(port)
  return url.href
}

test('while the state database is away a batch is not taken, and when it is back the batch counts once', async () => {
  await using place = await folder()
  const first = await startEmbeddedPostgres(place)
  await using forwarder = await forwardTo(first.port)
  await first.createDatabase('state')
  await using store = await openState({ url: through(first, forwarder) })
  await using server = await serveIngest({ store })
  const batches = [batchOf({ counts: [rejected(1)] }), batchOf({ counts: [rejected(2)] })] as const
  expect((await send(server, batches[0])).status).toBe(200)
  expect(await server.metrics()).toMatch(/events_total\{.*"invalid_credentials".*\} 1\n/)

  await first.stop()
  const refused = await send(server, batches[1])
  expect([refused.status, refused.headers.get('retry-after'), refused.json]).toEqual([
    503,
    '2',
    { error: 'the state database did not take it; send it again' },
  ])
  // Nothing that a rule would see: the counters stay where they were.
  await expect(server.metrics()).rejects.toMatchObject({ code: 'ERR_STATE_UNREACHABLE' })

  await using second = await startEmbeddedPostgres(place)
  forwarder.aim(second.port)
  for (const batch of [batches[1], batches[0], batches[1]])
    expect((await send(server, batch)).status).toBe(200)
  expect(await server.metrics()).toMatch(/events_total\{.*"invalid_credentials".*\} 3\n/)
  expect(server.reported).toEqual([])
})

test('a database that hangs holds a bounded number of requests, each for a bounded time', async () => {
  await using place = await folder()
  await using postgres = await startEmbeddedPostgres({ ...place, removeOnStop: true })
  await using forwarder = await forwardTo(postgres.port)
  await postgres.createDatabase('state')
  await using store = await openState({ url: through(postgres, forwarder) })
  await using server = await serveIngest({ store })
  expect((await send(server, batchOf())).status).toBe(200)

  forwarder.goSilent()
  const began = performance.now()
  const held = Array.from({ length: 32 }, () => send(server, batchOf()))
  await sleep(1_000)
  const tooMany = await send(server, batchOf())
  expect([tooMany.status, tooMany.headers.get('retry-after')]).toEqual([503, '1'])
  // Others are served meanwhile.
  const health = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(1_000) })
  expect(health.status).toBe(200)
  expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([503]))
  expect(performance.now() - began).toBeLessThan(15_000)

  forwarder.recover()
  const batch = batchOf({ counts: [found(7)] })
  expect((await send(server, batch)).status).toBe(200)
  expect(await server.metrics()).toMatch(/events_total\{.*"get_session".*"ok".*\} 7\n/)
})

test('a batch that the database refuses keeps no other out, and is told to the operator', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await using server = await serveIngest({ store })
  await send(server, batchOf({ server: 'crm-b', counts: [found(1)] }))
  // The next event of this series does not fit.
  await database.query('update auth_event_counter set count = 9223372036854775807')
  const bad = () => batchOf({ server: 'crm-b', counts: [found(1)] })
  const good = () => batchOf({ counts: [rejected(1)] })
  // At once, so that they meet in one transaction.
  const answers = await Promise.all(
    [good(), bad(), good(), bad(), good()].map((batch) => send(server, batch)),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 503, 200, 503, 200])
  expect(await server.metrics()).toMatch(
    /events_total\{.*"crm-a".*\} 3\n|events_total\{.*"invalid_credentials".*\} 3\n/,
  )
  expect(server.reported).toHaveLength(2)
  expect(server.reported).toMatchObject([{ code: 'ERR_STATE_QUERY' }, { code: 'ERR_STATE_QUERY' }])
})
