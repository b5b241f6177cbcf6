import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { ownedDirectory, relocationCandidates } from './owned-directory.ts'
import { CHILD_ENVIRONMENT, canEnter, identity, type ServerUser } from './server-user.ts'

const execute = promisify(execFile)

/** Left in the folder that was asked for when the cluster had to go elsewhere. */
const POINTER = 'cluster-is-elsewhere.txt'
export const SUPERUSER = 'postgres'

/**
 * The files of one PostgreSQL. `<home>/server/cluster` is PostgreSQL's own folder; `<home>/server/password` is
 * readable only by us. Both appear with one rename, so a broken initdb leaves no half of them.
 */
export interface Cluster {
  /** The folder that was asked for. */
  readonly requested: string
  /** The folder that holds `server/`: the one asked for, or one that the server's user can enter. */
  readonly home: string
}

export function clusterDirectory({ home }: Cluster): string {
  return path.join(home, 'server', 'cluster')
}

export async function readPassword({ home }: Cluster): Promise<string> {
  return (await readFile(path.join(home, 'server', 'password'), 'utf8')).trim()
}

/**
 * Where the cluster of a folder is. When the server must run as another user (we are root) and that user cannot
 * enter the folder, as below a home of mode 0700, the cluster lives below /var/lib/authwatch, named by a hash
 * of the folder's path: data that should last has no place in /var/tmp, which machines clean by age.
 */
export async function locateCluster(
  dataDirectory: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
): Promise<Cluster> {
  await mkdir(dataDirectory, { recursive: true })
  const requested = await realpath(dataDirectory)
  if (user === undefined) return { requested, home: requested }

  const name = createHash('sha256').update(requested).digest('hex').slice(0, 16)
  const existing = relocationCandidates().map((base) => path.join(base, name))
  for (const home of existing) if (await exists(path.join(home, 'server'))) return { requested, home }

  const enterable = await canEnter(requested, user, signal)
  if (enterable) return { requested, home: requested }
  if (await exists(path.join(requested, 'server'))) {
    throw new EmbeddedPostgresError(
      'ERR_EMBEDDED_START',
      `The cluster in ${requested} cannot be used: the user ${user.name}, who runs PostgreSQL, may not enter that folder.`,
    )
  }
  const home = path.join(await ownedDirectory(relocationCandidates()), name)
  await mkdir(home, { recursive: true })
  await chmod(home, 0o755)
  const note = `PostgreSQL runs as the user "${user.name}", who cannot enter this folder. Its files are in ${home}\n`
  await writeFile(path.join(requested, POINTER), note)
  return { requested, home }
}

/** Makes the cluster if it is not there yet. */
export async function ensureCluster(options: {
  readonly cluster: Cluster
  readonly binaries: Binaries
  readonly user: ServerUser | undefined
  readonly durable: boolean
  readonly signal: AbortSignal
}): Promise<void> {
  const { cluster, binaries } = options
  const version = await readFile(path.join(clusterDirectory(cluster), 'PG_VERSION'), 'utf8').catch(
    () => undefined,
  )
  if (version === undefined) return createCluster(options)
  if (Number.parseInt(version, 10) === binaries.major) return
  throw new EmbeddedPostgresError(
    'ERR_EMBEDDED_INIT',
    `The cluster in ${cluster.home} was made by PostgreSQL ${version.trim()}; this release brings ${binaries.major}. Dump it with the old one, or remove ${path.join(cluster.home, 'server')} to start anew.`,
  )
}

async function createCluster(options: {
  readonly cluster: Cluster
  readonly binaries: Binaries
  readonly user: ServerUser | undefined
  readonly durable: boolean
  readonly signal: AbortSignal
}): Promise<void> {
  const { cluster, binaries, user, durable, signal } = options
  const server = path.join(cluster.home, 'server')
  const staging = path.join(cluster.home, `server.${randomBytes(6).toString('hex')}`)
  const handOver = path.join(staging, 'password-for-initdb')
  try {
    await removeEmptied(server)
    await mkdir(path.join(staging, 'cluster'), { recursive: true })
    await chmod(staging, user === undefined ? 0o700 : 0o711)
    await chmod(path.join(staging, 'cluster'), 0o700)
    const password = randomBytes(24).toString('base64url')
    await writeFile(path.join(staging, 'password'), `${password}\n`, { mode: 0o600 })
    await writeFile(handOver, `${password}\n`, { mode: 0o600 })
    if (user !== undefined) {
      await chown(path.join(staging, 'cluster'), user.uid, user.gid)
      await chown(handOver, user.uid, user.gid)
    }
    const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions']
    await execute(
      binaries.initdb,
      [
        ...flags,
        ...(durable ? [] : ['--no-sync']),
        `--username=${SUPERUSER}`,
        `--pwfile=${handOver}`,
        `--pgdata=${path.join(staging, 'cluster')}`,
      ],
      { ...identity(user), cwd: '/', env: CHILD_ENVIRONMENT, signal },
    )
    await rm(handOver)
    await rename(staging, server)
  } catch (cause) {
    signal.throwIfAborted()
    // Another process that made the same cluster at the same time got there first: its cluster is used.
    if (await exists(path.join(server, 'cluster', 'PG_VERSION'))) return
    throw new EmbeddedPostgresError('ERR_EMBEDDED_INIT', `No cluster could be made in ${cluster.home}.`, {
      cause,
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Clears away what the supervisor of a temporary cluster leaves. `rmdir` refuses if there is any data. */
async function removeEmptied(server: string): Promise<void> {
  if (!(await exists(server))) return
  if (await exists(path.join(server, 'cluster'))) await rmdir(path.join(server, 'cluster'))
  await rm(server, { recursive: true, force: true })
}

/** Removes the cluster, and the folder that was asked for if nothing else is in it. */
export async function removeCluster(cluster: Cluster): Promise<void> {
  await rm(path.join(cluster.home, 'server'), { recursive: true, force: true })
  if (cluster.home !== cluster.requested) {
    await rm(cluster.home, { recursive: true, force: true })
    await rm(path.join(cluster.requested, POINTER), { force: true })
  }
  await rmdir(cluster.requested).catch(() => {})
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
