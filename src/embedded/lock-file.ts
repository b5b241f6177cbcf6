import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** `postmaster.pid`, as PostgreSQL writes it (its source: src/include/utils/pidfile.h). */
export interface LockFile {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

export function lockFilePath(cluster: string): string {
  return path.join(cluster, 'postmaster.pid')
}

export async function readLockFile(cluster: string): Promise<LockFile | undefined> {
  let text: string
  try {
    text = await readFile(lockFilePath(cluster), 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
  const [pid, , , port, , , , status] = text.split('\n')
  const lock = { pid: Number(pid), port: Number(port), ready: status?.trim() === 'ready' }
  return Number.isInteger(lock.pid) && lock.pid > 0 ? lock : undefined
}

export type Holder =
  | 'nobody'
  /** The pid now belongs to a program that is no PostgreSQL: usual after a container restart, where pids are small. */
  | 'stranger'
  | 'server'

/** Who has the process id that a lock file names. When that cannot be seen, it is taken for a server. */
export async function holderOf(pid: number): Promise<Holder> {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ESRCH') return 'nobody'
  }
  if (process.platform !== 'linux') return 'server'
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const program = command.split('\0')[0] ?? ''
  return program === '' || path.basename(program).startsWith('postgres') ? 'server' : 'stranger'
}
