import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const execute = promisify(execFile)

/** The OS user the server runs as. `undefined` means: as ourselves. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What every child gets: nothing of our own environment, whose PG… variables would change the server. */
export const CHILD_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } as const

/**
 * PostgreSQL refuses to run as root. Then it runs as `postgres` where that user exists, else as `nobody`;
 * no user is ever created.
 */
export async function findServerUser(signal: AbortSignal): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([lookUp('-u', name, signal), lookUp('-g', name, signal)])
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid }
  }
  throw new EmbeddedPostgresError(
    'ERR_EMBEDDED_PLATFORM',
    'PostgreSQL does not run as root, and neither a user "postgres" nor "nobody" exists to run it. Start as an ordinary user.',
  )
}

async function lookUp(flag: '-u' | '-g', name: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { stdout } = await execute('id', [flag, name], { env: CHILD_ENVIRONMENT, signal })
    const id = Number.parseInt(stdout, 10)
    return Number.isInteger(id) ? id : undefined
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof Error && 'code' in cause && cause.code === 1) return undefined
    throw new EmbeddedPostgresError('ERR_EMBEDDED_PLATFORM', 'The command "id" could not be run.', { cause })
  }
}

/** uid and gid in the form `spawn` takes. */
export function identity(user: ServerUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid }
}

/**
 * Whether the server's user can enter a folder. Asked of the kernel, by that user, because a folder's mode
 * tells neither its ancestors' nor its access control list.
 */
export async function canEnter(
  directory: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (user === undefined) return true
  try {
    await execute('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
      ...identity(user),
      cwd: '/',
      env: CHILD_ENVIRONMENT,
      signal,
    })
    return true
  } catch {
    signal.throwIfAborted()
    return false
  }
}
