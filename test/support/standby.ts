import { appendFile, chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { type BenchServer, buildTemplate } from './bench-server.ts'
import { commandOutput } from './command-output.ts'
import { cloneTemplate, type Naming, type TestDatabase } from './database.ts'
import { closing, type Keep, openTogether } from './open-together.ts'

const COPY_TIMEOUT_MS = 60_000
const CATCH_UP_TIMEOUT_MS = 10_000
const POLL_MS = 20
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  // A commit that is not yet in the log could not be waited for by its place in the log.
  synchronous_commit: 'on',
  shared_buffers: '16MB',
}

/** A primary and its streaming hot standby: two real servers. */
export interface HotStandby extends AsyncDisposable {
  /** To write to; what is written reaches the standby by replication. */
  readonly primary: TestDatabase
  /** The superuser's URL of the same database on the standby, where nothing can be written. */
  readonly url: string
  /** Resolves once the standby has replayed all that the primary had written at the call. */
  caughtUp(): Promise<void>
}

/** Takes about two seconds: two servers are started for this caller alone. */
export async function hotStandby(naming: Naming = 'camelCase'): Promise<HotStandby> {
  return await openTogether(async (keep) => {
    const directory = await mkdtemp(join(tmpdir(), 'authwatch-standby-'))
    keep(closing(() => rm(directory, { recursive: true, force: true })))
    const { primary, standby } = await startPair({ directory, naming, keep })
    const server: BenchServer = { adminUrl: primary.url('postgres') }
    const database = keep(await cloneTemplate({ server, naming }))
    const caughtUp = () => waitForReplay({ primary: database, standbyUrl: standby.url('postgres') })
    await caughtUp()
    return { primary: database, url: standby.url(database.name), caughtUp }
  })
}

async function startPair(options: {
  readonly directory: string
  readonly naming: Naming
  readonly keep: Keep
}): Promise<{ readonly primary: EmbeddedPostgres; readonly standby: EmbeddedPostgres }> {
  const { directory, naming, keep } = options
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  const folders = { primary: join(directory, 'primary'), standby: join(directory, 'standby') }
  const cluster = await makePrimary(folders.primary, naming)
  const copy = join(folders.standby, 'server')
  await copyServer({ cluster, to: copy })
  const temporary = { removeOnStop: true, settings: SETTINGS }
  const primary = keep(await startEmbeddedPostgres({ dataDirectory: folders.primary, ...temporary }))
  await follow({ cluster: join(copy, basename(cluster)), primaryUrl: primary.url('postgres') })
  const standby = keep(await startEmbeddedPostgres({ dataDirectory: folders.standby, ...temporary }))
  return { primary, standby }
}

/** Makes a stopped cluster that has the template, and answers with its folder. */
async function makePrimary(dataDirectory: string, naming: Naming): Promise<string> {
  await using server = await startEmbeddedPostgres({ dataDirectory, settings: SETTINGS })
  await buildTemplate({ adminUrl: server.url('postgres') }, naming)
  return await askFor(server.url('postgres'), 'show data_directory')
}

async function copyServer(options: { readonly cluster: string; readonly to: string }): Promise<void> {
  await mkdir(dirname(options.to), { recursive: true })
  // `-a`: the server refuses files that its user does not own.
  const args = ['-a', dirname(options.cluster), options.to]
  const { code, output } = await commandOutput({ command: 'cp', args, timeoutMs: COPY_TIMEOUT_MS })
  if (code !== 0) throw new Error(`The cluster could not be copied: ${output.trim()}`)
}

/** Turns a copied cluster into a standby (PostgreSQL manual, "Setting Up a Standby Server"). */
async function follow(options: { readonly cluster: string; readonly primaryUrl: string }): Promise<void> {
  const { cluster, primaryUrl } = options
  const signal = join(cluster, 'standby.signal')
  await writeFile(signal, '')
  const { uid, gid } = await stat(cluster)
  await chown(signal, uid, gid)
  await appendFile(join(cluster, 'postgresql.auto.conf'), `primary_conninfo = '${primaryUrl}'\n`)
}

async function waitForReplay(options: {
  readonly primary: TestDatabase
  readonly standbyUrl: string
}): Promise<void> {
  const [written] = await options.primary.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
  const replayed = `select pg_last_wal_replay_lsn() >= '${written?.lsn}'::pg_lsn`
  const deadline = Date.now() + CATCH_UP_TIMEOUT_MS
  while ((await askFor(options.standbyUrl, replayed)) !== 'true') {
    if (Date.now() > deadline)
      throw new Error(`The standby did not catch up within ${CATCH_UP_TIMEOUT_MS} ms`)
    await sleep(POLL_MS)
  }
}

/** The first column of the first row, as text. */
async function askFor(url: string, sql: string): Promise<string> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return String(rows[0]?.[0])
  } finally {
    await client.end()
  }
}
