import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { type Forwarder, forwardTo } from '../results/forwarder.ts'
import { workerFolder } from '../support/worker.ts'

/** A PostgreSQL of a test's own, since others would feel what is done to it; at one address, also when it restarts. */
export interface OwnServer extends AsyncDisposable {
  url(database: string): string
  query(database: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Sessions are ended, and no more are let in. */
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP to the server and its sessions: connections stay open and nothing answers. */
  pause(): Promise<void>
  resume(): void
  /** What its URLs lead through. */
  readonly route: Forwarder
}

export interface OwnServerOptions {
  /** Where its files are to be; else in a folder of its own. */
  readonly directory?: string
  /** Of the server. */
  readonly settings?: Readonly<Record<string, string>>
}

export async function ownServer(
  databases: readonly string[],
  { directory, settings = {} }: OwnServerOptions = {},
): Promise<OwnServer> {
  const folder = await workerFolder('authwatch-server-')
  const dataDirectory = join(directory ?? folder.path, 'postgres')
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDirectory, settings })
  for (const database of databases) await server.createDatabase(database)
  // The server chooses another port at each start.
  const forwarder = await forwardTo(server.port)
  let paused: readonly number[] = []
  const resume = () => {
    for (const pid of paused) signal(pid, 'SIGCONT')
    paused = []
  }
  return {
    route: forwarder,
    url: (database) => {
      const url = new URL(server.url(database))
      url.port = String(forwarder.port)
      return url.href
    },
    query: (database, sql) => ask(server.url(database), sql),
    stop: () => server.stop(),
    start: async () => {
      server = await startEmbeddedPostgres({ dataDirectory, settings })
      forwarder.aim(server.port)
    },
    pause: async () => {
      paused = await processesOf(dataDirectory)
      for (const pid of paused) signal(pid, 'SIGSTOP')
    },
    resume,
    [Symbol.asyncDispose]: async () => {
      resume()
      await forwarder[Symbol.asyncDispose]()
      await server.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** One statement on a connection of its own; in authwatch's schema. */
export async function ask(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    options: '-c search_path=authwatch,public -c TimeZone=UTC',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Readonly<Record<string, unknown>>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** The server and every process it has now: its sessions are in groups of their own. */
async function processesOf(dataDirectory: string): Promise<readonly number[]> {
  const lock = await readFile(join(dataDirectory, 'server', 'cluster', 'postmaster.pid'), 'utf8')
  const postmaster = Number.parseInt(lock, 10)
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(postmaster)])
  return [postmaster, ...stdout.trim().split('\n').map(Number)]
}

/** A session may have ended by itself. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
  }
}
