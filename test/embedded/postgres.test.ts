import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'

vi.setConfig({ testTimeout: 60_000 })

const isRoot = process.getuid?.() === 0

/** A folder that is entered by anyone, with a space in its name, and removed afterwards. */
async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const outer = await mkdtemp(path.join(tmpdir(), 'embedded postgres '))
  await chmod(outer, 0o755)
  return { path: outer, [Symbol.asyncDispose]: () => rm(outer, { recursive: true, force: true }) }
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function refusedWithin(port: number, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(50)) {
    if (!(await accepts(port))) return true
  }
  return false
}

async function postmasterPid(dataDirectory: string): Promise<number> {
  const lock = await readFile(path.join(dataDirectory, 'server', 'cluster', 'postmaster.pid'), 'utf8')
  return Number.parseInt(lock, 10)
}

test('a temporary server is private to this machine, speaks UTF-8 and UTC, and leaves nothing', async () => {
  await using folder = await temporaryFolder()
  const dataDirectory = path.join(folder.path, 'data')
  const server = await startEmbeddedPostgres({ dataDirectory, removeOnStop: true })
  expect(server.started).toBe(true)
  await server.createDatabase('app "1"')
  await server.createDatabase('app "1"')
  const settings = await query(
    server.url('app "1"'),
    `select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
       current_setting('TimeZone') as zone, current_setting('server_encoding') as encoding,
       (select datcollate from pg_database where datname = current_database()) as collation,
       (select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolname = current_user) as scram`,
  )
  expect(settings).toEqual([
    { listen: '127.0.0.1', sockets: '', zone: 'UTC', encoding: 'UTF8', collation: 'C', scram: true },
  ])
  const withoutPassword = new URL(server.url('postgres'))
  withoutPassword.password = 'wrong'
  await expect(query(withoutPassword.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })

  await server.stop()
  await server.stop()
  expect(await accepts(server.port)).toBe(false)
  expect(await readdir(folder.path)).toEqual([])
})

test('a kept cluster has its data and its password after a restart', async () => {
  await using folder = await temporaryFolder()
  {
    await using first = await startEmbeddedPostgres({ dataDirectory: folder.path })
    await query(first.url('postgres'), 'create table kept as select 7 as n')
    const password = await stat(path.join(folder.path, 'server', 'password'))
    expect(password.mode & 0o777).toBe(0o600)
  }
  await using second = await startEmbeddedPostgres({
    dataDirectory: folder.path,
    settings: { max_connections: '7' },
  })
  expect(await query(second.url('postgres'), 'select n from kept')).toEqual([{ n: 7 }])
  expect(await query(second.url('postgres'), 'show max_connections')).toEqual([{ max_connections: '7' }])
})

test('a running server is joined, and leaving it does not stop it', async () => {
  await using folder = await temporaryFolder()
  await using starter = await startEmbeddedPostgres({ dataDirectory: folder.path })
  const joiner = await startEmbeddedPostgres({ dataDirectory: folder.path, removeOnStop: true })
  expect(joiner).toMatchObject({ started: false, port: starter.port })
  await joiner.stop()
  expect(await query(starter.url('postgres'), 'select 1 as n')).toEqual([{ n: 1 }])
})

test('of several that start one new cluster at once, one starts it and the others join', async () => {
  await using folder = await temporaryFolder()
  const servers = await Promise.all(
    [1, 2, 3].map(() => startEmbeddedPostgres({ dataDirectory: folder.path })),
  )
  try {
    expect(servers.filter(({ started }) => started)).toHaveLength(1)
    expect(new Set(servers.map(({ port }) => port)).size).toBe(1)
    await Promise.all(servers.map((server) => query(server.url('postgres'), 'select 1')))
    expect(await readdir(folder.path)).toEqual(['server'])
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
})

test('when the process that holds it is killed, the server ends by itself, and starts again later', async () => {
  await using folder = await temporaryFolder()
  const script = fileURLToPath(new URL('hold-postgres.ts', import.meta.url))
  const holder = spawn(process.execPath, ['--import', 'tsx', script, folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: holder.stdout }), 'line')
  const { port } = JSON.parse(line)
  const pid = await postmasterPid(folder.path)
  expect(await accepts(port)).toBe(true)

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(await refusedWithin(port, 5_000)).toBe(true)
  for (const end = Date.now() + 5_000; Date.now() < end && processExists(pid); ) await sleep(50)
  expect(processExists(pid)).toBe(false)

  await using again = await startEmbeddedPostgres({ dataDirectory: folder.path })
  expect(again.started).toBe(true)
})

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return !(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')
  }
}

test('the lock file of a killed server does not stop the next start, nor does one that names a stranger', async () => {
  await using folder = await temporaryFolder()
  const lockFile = path.join(folder.path, 'server', 'cluster', 'postmaster.pid')
  const killed = await startEmbeddedPostgres({ dataDirectory: folder.path })
  await query(killed.url('postgres'), 'create table kept as select 7 as n')
  process.kill(await postmasterPid(folder.path), 'SIGKILL')
  expect(await refusedWithin(killed.port, 5_000)).toBe(true)
  await killed.stop()
  const stale = await readFile(lockFile, 'utf8')

  const second = await startEmbeddedPostgres({ dataDirectory: folder.path })
  expect(second.started).toBe(true)
  expect(await query(second.url('postgres'), 'select n from kept')).toEqual([{ n: 7 }])
  await second.stop()

  await writeFile(lockFile, stale.replace(/^\d+/, String(process.pid)))
  await using third = await startEmbeddedPostgres({ dataDirectory: folder.path })
  expect(third.started).toBe(true)
})

test.runIf(isRoot)('below a closed home, root keeps the cluster elsewhere and says where', async () => {
  await using folder = await temporaryFolder()
  const home = path.join(folder.path, 'home')
  const dataDirectory = path.join(home, 'project', 'data')
  await mkdir(home, { mode: 0o700 })
  const server = await startEmbeddedPostgres({ dataDirectory, removeOnStop: true })
  const note = await readFile(path.join(dataDirectory, 'cluster-is-elsewhere.txt'), 'utf8')
  const elsewhere = note.trim().split(' ').at(-1) ?? ''
  await access(path.join(elsewhere, 'server', 'cluster', 'PG_VERSION'))
  expect(await query(server.url('postgres'), 'select 1 as n')).toEqual([{ n: 1 }])
  await server.stop()
  await expect(access(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(access(dataDirectory)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('each failure has its code, its cause and a way out', async () => {
  await using folder = await temporaryFolder()
  const dataDirectory = path.join(folder.path, 'data')
  await (await startEmbeddedPostgres({ dataDirectory })).stop()

  const late = startEmbeddedPostgres({ dataDirectory, timeoutMs: 1 })
  await expect(late).rejects.toMatchObject({ code: 'ERR_EMBEDDED_TIMEOUT' })

  const impossible = await startEmbeddedPostgres({ dataDirectory, settings: { max_connections: 'x' } }).catch(
    (error: unknown) => error,
  )
  expect(impossible).toMatchObject({
    code: 'ERR_EMBEDDED_START',
    message: expect.stringContaining('STATE_DATABASE_URL'),
    cause: { message: expect.stringContaining('max_connections') },
  })

  await writeFile(path.join(dataDirectory, 'server', 'password'), 'another\n')
  await expect(startEmbeddedPostgres({ dataDirectory })).rejects.toMatchObject({ code: 'ERR_EMBEDDED_START' })

  await writeFile(path.join(folder.path, 'file'), '')
  await expect(
    startEmbeddedPostgres({ dataDirectory: path.join(folder.path, 'file') }),
  ).rejects.toMatchObject({
    code: 'ERR_EMBEDDED_INIT',
    cause: { code: 'EEXIST' },
  })
})
