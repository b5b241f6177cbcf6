import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Result } from '../../src/catalogue/result.ts'
import { sql } from '../../src/database/sql.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { testDatabase } from '../support/database.ts'
import { SCHEMAS } from '../support/schemas/index.ts'
import { networkTo } from './network.ts'
import { measuring } from './own-checks.ts'
import { outcome, type Watch, watch } from './watch.ts'

// Most of this is waiting, so the tests of this file wait at the same time.

const quick = measuring('test.quick', sql`select 1 as "measured" from pg_stat_activity limit 1`, '1s')
/** What `connect.ts` promises: five seconds to connect, and three time limits and two seconds for a transaction. */
const LONGEST_MS = 5_000 + 2_000

async function oneResult(watched: Watch): Promise<Result> {
  return (await watched.results([quick]))[0]!
}

/** The other targets of the worker: they answer as fast as ever. */
async function expectQuick(watched: Watch): Promise<void> {
  const { verdict, durationMs } = await oneResult(watched)
  expect(outcome(verdict)).toBe('pass')
  expect(durationMs).toBeLessThan(2_500)
}

test.concurrent('a server that is gone is unreachable at once, and reached again without a restart', async () => {
  await using db = await testDatabase()
  await using network = await networkTo(db.url)
  await using watched = watch(network.through(db.url))
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')

  await network.cut()
  for (const _ of [1, 2, 3]) {
    const { verdict, durationMs } = await oneResult(watched)
    expect(verdict).toMatchObject({ state: 'error', code: 'ERR_UNREACHABLE' })
    expect(durationMs).toBeLessThan(2_500)
  }
  await network.restore()
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')
})

test.concurrent('a network that goes silent is an error within the deadline, for this target only', async () => {
  await using db = await testDatabase()
  await using network = await networkTo(db.url)
  await using watched = watch(network.through(db.url))
  await using other = watch(db.url)
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')

  network.hang()
  const onOpenConnection = oneResult(watched)
  const onNewConnection = oneResult(watched)
  await expectQuick(other)
  const [open, fresh] = await Promise.all([onOpenConnection, onNewConnection])
  expect(outcome(open.verdict)).toBe('ERR_TIMEOUT')
  expect(outcome(fresh.verdict)).toBe('ERR_UNREACHABLE')
  for (const { durationMs } of [open, fresh]) expect(durationMs).toBeLessThan(LONGEST_MS)

  await network.restore()
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')
})

test.concurrent('a server that takes connections and never says a word is unreachable within the deadline', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  try {
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await using watched = watch(`postgresql://reader:word@127.0.0.1:${port}/application`)
    const { verdict, durationMs } = await oneResult(watched)
    expect(verdict).toMatchObject({ state: 'error', code: 'ERR_UNREACHABLE' })
    expect(durationMs).toBeGreaterThan(4_000)
    expect(durationMs).toBeLessThan(LONGEST_MS)
  } finally {
    silent.close()
  }
})

test.concurrent('a server that is stopped by its machine is an error until it goes on', async () => {
  await using server = await ownServer()
  await using db = await testDatabase()
  await using watched = watch(server.url)
  await using other = watch(db.url)
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')

  const processes = await server.processes()
  try {
    for (const pid of processes) process.kill(pid, 'SIGSTOP')
    const onOpenConnection = oneResult(watched)
    const onNewConnection = oneResult(watched)
    await expectQuick(other)
    const [open, fresh] = await Promise.all([onOpenConnection, onNewConnection])
    expect(outcome(open.verdict)).toBe('ERR_TIMEOUT')
    expect(outcome(fresh.verdict)).toBe('ERR_UNREACHABLE')
    for (const { durationMs } of [open, fresh]) expect(durationMs).toBeLessThan(LONGEST_MS)
  } finally {
    for (const pid of processes) process.kill(pid, 'SIGCONT')
  }
  expect(outcome((await oneResult(watched)).verdict)).toBe('pass')
})

/** A server of this test's own, since the others would feel what is done to it. */
async function ownServer() {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-stopped-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'postgres'),
    removeOnStop: true,
  })
  await SCHEMAS.prismaPascal.build(server.url('postgres'))
  return {
    url: server.url('postgres'),
    processes: () => processesOf(server),
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The server itself, which would take new connections, and those that serve authwatch. */
async function processesOf(server: EmbeddedPostgres): Promise<readonly number[]> {
  const client = new pg.Client({ connectionString: server.url('postgres'), connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number; directory: string }>(
      `select pid, current_setting('data_directory') as directory from pg_stat_activity
        where application_name = 'authwatch'`,
    )
    const lock = await readFile(join(rows[0]!.directory, 'postmaster.pid'), 'utf8')
    return [Number.parseInt(lock, 10), ...rows.map(({ pid }) => pid)]
  } finally {
    await client.end()
  }
}
