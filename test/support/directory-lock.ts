import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100
/** A lock without its owner's number is one whose maker died between two lines, if it is this old. */
const NAMELESS_AFTER_MS = 5_000

/**
 * Holds a directory as a lock between processes of one machine until it is disposed. The lock of a process that
 * has died is taken over. Rejects when the lock was not free within `timeoutMs`.
 */
export async function lockDirectory(options: {
  readonly path: string
  readonly timeoutMs: number
}): Promise<AsyncDisposable> {
  const { path } = options
  const deadline = Date.now() + options.timeoutMs
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryLock(path))) {
    if (Date.now() > deadline)
      throw new Error(`${path} was held by another process for ${options.timeoutMs} ms`)
    if (await isAbandoned(path)) await discard(path)
    else await sleep(POLL_MS)
  }
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true })
    },
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await mkdir(path)
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) return false
    throw cause
  }
  await writeFile(join(path, 'owner'), String(process.pid))
  return true
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = await readFile(join(path, 'owner'), 'utf8').catch(() => '')
  if (owner === '') {
    const made = await stat(path).catch(() => undefined)
    return made !== undefined && Date.now() - made.mtimeMs > NAMELESS_AFTER_MS
  }
  try {
    process.kill(Number(owner), 0)
    return false
  } catch (cause) {
    return hasCode(cause, 'ESRCH')
  }
}

/** Renamed first, so that of two processes that both found it abandoned only one removes it. */
async function discard(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.abandoned`
  await rename(path, aside).catch(() => {})
  await rm(aside, { recursive: true, force: true })
}

function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}
