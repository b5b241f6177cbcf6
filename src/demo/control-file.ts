import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { ControlError } from './control-error.ts'

const CONNECT_MS = 2_000
const OTHERS = 0o077

/** How a running demo is reached. The token lets whoever has it break the demo. */
const controlSchema = z.strictObject({
  pid: z.number().int().positive(),
  port: z.number().int().positive().max(65_535),
  token: z.string().min(32),
})

export type Control = Readonly<z.infer<typeof controlSchema>>

/** The user's own: another user can neither read the token there nor leave a demo of theirs. */
export function controlDirectory(): string {
  return path.join(tmpdir(), `authwatch-demo-${process.getuid?.() ?? 0}`)
}

/**
 * Says where this demo is reached, until disposed. What a demo left that is dead is replaced.
 * @throws ControlError when another demo is running, or the folder is not ours
 */
export async function writeControl(control: Control, directory: string): Promise<AsyncDisposable> {
  await claimDirectory(directory)
  const file = fileIn(directory)
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(control)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    await publish(draft, directory)
  } finally {
    await rm(draft, { force: true })
  }
  return {
    async [Symbol.asyncDispose]() {
      const found = await readControl(directory)
      if (found?.token === control.token) await rm(file, { force: true })
      // Not when another demo has its file there by now.
      await rmdir(directory).catch(() => {})
    },
  }
}

/** A link appears with its whole content, and never in the place of another. */
async function publish(draft: string, directory: string): Promise<void> {
  const file = fileIn(directory)
  if (await linked(draft, file)) return
  const other = await readControl(directory)
  if (other !== undefined && (await isAlive(other))) {
    throw new ControlError(
      'ERR_DEMO_RUNNING',
      `Another demo is running, in process ${other.pid}. Stop it first.`,
    )
  }
  await rm(file, { force: true })
  if (await linked(draft, file)) return
  throw new ControlError('ERR_DEMO_RUNNING', 'Another demo is starting at this moment.')
}

async function linked(draft: string, file: string): Promise<boolean> {
  return link(draft, file).then(
    () => true,
    (cause: unknown) => {
      if (codeOf(cause) === 'EEXIST') return false
      throw cause
    },
  )
}

/** Of the demo that is running; undefined when there is none. What is unreadable or dead counts as none. */
export async function findDemo(directory: string): Promise<Control | undefined> {
  const control = await readControl(directory)
  return control !== undefined && (await isAlive(control)) ? control : undefined
}

async function readControl(directory: string): Promise<Control | undefined> {
  const found = await lstat(directory).catch(absent)
  if (found === undefined) return undefined
  refuseForeign(directory, found)
  const text = await readFile(fileIn(directory), 'utf8').catch(absent)
  if (text === undefined) return undefined
  try {
    return controlSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function claimDirectory(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((cause: unknown) => {
    if (codeOf(cause) !== 'EEXIST') throw cause
  })
  refuseForeign(directory, await lstat(directory))
}

function refuseForeign(
  directory: string,
  found: { isDirectory(): boolean; readonly uid: number; readonly mode: number },
): void {
  const own = process.getuid === undefined || found.uid === process.getuid()
  if (found.isDirectory() && own && (found.mode & OTHERS) === 0) return
  throw new ControlError(
    'ERR_CONTROL_DIRECTORY',
    `${directory} is not a folder that belongs to this user alone (mode 700). Remove it, and start the demo again.`,
  )
}

/** A process id can be another program's by now, and so can a port; a demo has both. */
async function isAlive({ pid, port }: Control): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (codeOf(cause) === 'ESRCH') return false
  }
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: CONNECT_MS })
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.once('connect', () => settle(true))
    // A demo that does not take the connection in time is busy, not dead.
    socket.once('timeout', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function absent(cause: unknown): undefined {
  if (codeOf(cause) === 'ENOENT') return undefined
  throw cause
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

function fileIn(directory: string): string {
  return path.join(directory, 'control.json')
}
