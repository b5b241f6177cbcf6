import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { openState } from '../../src/results/open-state.ts'
import { forwardTo } from './forwarder.ts'
import { minutesAgo, passed } from './sample-results.ts'

vi.setConfig({ testTimeout: 90_000 })

const worker = 'one'
const run = { target: 'shop', unit: 'u', tick: new Date(minutesAgo(1)), worker }
/** What the store promises for every call. */
const DEADLINE_MS = 10_000

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'authwatch-outage-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(path, 0o755)
  return {
    dataDirectory: join(path, 'postgres'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** A URL that leads to the server through another port. */
function through(server: EmbeddedPostgres, port: number): string {
  const url = new URL(server.url('state'))
  url.port = String(port)
  return url.href
}

/** Milliseconds until it failed, as unreachable and in time. */
async function unreachable(call: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await expect(call).rejects.toMatchObject({ name: 'StateError', code: 'ERR_STATE_UNREACHABLE' })
  const took = performance.now() - began
  expect(took).toBeLessThan(DEADLINE_MS)
  return took
}

/** The server and every process it has now: its sessions are in groups of their own. */
async function serverProcesses(dataDirectory: string): Promise<readonly number[]> {
  const lock = await readFile(join(dataDirectory, 'server', 'cluster', 'postmaster.pid'), 'utf8')
  const postmaster = Number.parseInt(lock, 10)
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(postmaster)])
  return [postmaster, ...stdout.trim().split('\n').map(Number)]
}

test('a server that stops fails every call at once, and its successor is used without being told', async () => {
  await using place = await folder()
  const first = await startEmbeddedPostgres(place)
  await using forwarder = await forwardTo(first.port)
  await first.createDatabase('state')
  await using store = await openState({ url: through(first, forwarder.port) })
  await store.save([passed({ at: minutesAgo(3) })], { worker })
  await store.now(1_000)

  await first.stop()
  expect(await unreachable(store.now(1_000))).toBeLessThan(1_500)
  await unreachable(store.save([passed({ at: minutesAgo(2) })], { worker }))
  await unreachable(store.changesSince(0n))
  await unreachable(store.claim({ ...run, leaseMs: 1_000 }))
  await unreachable(store.release(run))
  await unreachable(store.claimedSince(run.tick))
  await unreachable(store.findings({ limit: 1 }))
  await unreachable(openState({ url: through(first, forwarder.port) }))

  await using second = await startEmbeddedPostgres(place)
  forwarder.aim(second.port)
  await store.now(3_000)
  await store.save([passed({ at: minutesAgo(2) })], { worker })
  expect((await store.changesSince(0n)).results).toMatchObject([{ runs: { pass: 2 } }])
})

test('a server that hangs fails every call in time, and is used again when it goes on', async () => {
  await using place = await folder()
  await using server = await startEmbeddedPostgres({ ...place, removeOnStop: true })
  await server.createDatabase('state')
  await using store = await openState({ url: server.url('state') })
  await store.save([passed({ at: minutesAgo(3) })], { worker })

  const processes = await serverProcesses(place.dataDirectory)
  for (const pid of processes) process.kill(pid, 'SIGSTOP')
  try {
    expect(await unreachable(store.now(500))).toBeLessThan(1_000)
    await Promise.all([
      unreachable(store.save([passed({ at: minutesAgo(2) })], { worker })),
      unreachable(store.changesSince(0n)),
      unreachable(store.claim({ ...run, leaseMs: 1_000 })),
      unreachable(store.claimedSince(run.tick)),
      unreachable(store.findings({ limit: 1 })),
      unreachable(openState({ url: server.url('state') })),
    ])
  } finally {
    for (const pid of processes) process.kill(pid, 'SIGCONT')
  }
  await store.save([passed({ at: minutesAgo(2) })], { worker })
  expect((await store.changesSince(0n)).results).toMatchObject([{ startedAt: minutesAgo(2) }])
})

test('connections whose route is lost are given up, and new ones are made', async () => {
  await using place = await folder()
  await using server = await startEmbeddedPostgres({ ...place, removeOnStop: true })
  await using forwarder = await forwardTo(server.port)
  await server.createDatabase('state')
  await using store = await openState({ url: through(server, forwarder.port) })
  await Promise.all([1, 2, 3, 4].map(() => store.now(1_000)))

  forwarder.goSilent()
  await Promise.all([1, 2, 3, 4, 5].map(() => unreachable(store.changesSince(0n))))
  forwarder.recover()
  await store.save([passed({ at: minutesAgo(1) })], { worker })
  expect((await store.changesSince(0n)).results).toHaveLength(1)
})

test('a store whose server hangs can be closed', async () => {
  await using place = await folder()
  await using server = await startEmbeddedPostgres({ ...place, removeOnStop: true })
  await using forwarder = await forwardTo(server.port)
  await server.createDatabase('state')
  const store = await openState({ url: through(server, forwarder.port) })
  await store.now(1_000)
  forwarder.goSilent()
  const pending = unreachable(store.now(8_000))
  const began = performance.now()
  await sleep(50)
  await store[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
  await pending
})

test('a table that somebody locked fails a save in time, and nothing of it stays', async () => {
  await using place = await folder()
  await using server = await startEmbeddedPostgres({ ...place, removeOnStop: true })
  await server.createDatabase('state')
  await using store = await openState({ url: server.url('state') })
  await store.save([passed({ at: minutesAgo(3) })], { worker })
  const blocker = new pg.Client({ connectionString: server.url('state') })
  await blocker.connect()
  await blocker.query('begin; lock table authwatch.check_result')

  const began = performance.now()
  const save = store.save([passed({ at: minutesAgo(2) })], { worker })
  await expect(save).rejects.toMatchObject({
    code: 'ERR_STATE_QUERY',
    message: expect.stringContaining('57014'),
  })
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
  await blocker.end()
  // Nothing of the save that failed is there, so the same results are not taken for ones that were stored.
  await store.save([passed({ at: minutesAgo(2) })], { worker })
  expect((await store.changesSince(0n)).results).toMatchObject([{ runs: { pass: 2 } }])
})
