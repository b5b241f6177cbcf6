import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { findOnPath } from './find-on-path.ts'

const READY_POLL_MS = 20
const LOG_TAIL_CHARACTERS = 16_384

/** A server of the bench that runs as a child process. Disposing it ends the process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  /** The last 16 KiB of what it printed. */
  log(): string
  /** SIGTERM, then SIGKILL when it has not gone after 5 s. Resolves once it has gone; harmless when repeated. */
  stop(): Promise<void>
  /** SIGKILL: no goodbye to clients, as in a crash. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers, as in a hang. */
  pause(): void
  resume(): void
}

/** Ended before it was ready, or was not ready in time. The message ends with what it printed. */
export class ServerNotReadyError extends Error {
  readonly code = 'ERR_SERVER_NOT_READY'
}

/**
 * Starts a server and waits until `ready` answers true.
 * @throws {ServerNotReadyError}
 */
export async function startServerProcess(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly ready: () => Promise<boolean>
  readonly cwd?: string
  /** Default 15 000. */
  readonly readyWithinMs?: number
}): Promise<ServerProcess> {
  const setpriv = process.platform === 'linux' ? await findOnPath('setpriv') : undefined
  const child = spawnTied({ ...options, setpriv })
  let log = ''
  const collect = (chunk: string) => {
    log = (log + chunk).slice(-LOG_TAIL_CHARACTERS)
  }
  child.stdout?.setEncoding('utf8').on('data', collect)
  child.stderr?.setEncoding('utf8').on('data', collect)
  const server = serverProcess(child, () => log)
  const within = options.readyWithinMs ?? 15_000
  const deadline = Date.now() + within
  while (!(await options.ready().catch(() => false))) {
    const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined
    if (ended || Date.now() > deadline) {
      await server.kill()
      const what = ended ? 'ended before it was ready' : `was not ready after ${within} ms`
      throw new ServerNotReadyError(`${options.command} ${what}: ${log.trim().slice(-2_000)}`)
    }
    await sleep(READY_POLL_MS)
  }
  return server
}

/**
 * Tied to our life where the system can: a test worker that is killed outright runs no `finally`, and would leave
 * its servers behind.
 */
function spawnTied(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly setpriv: string | undefined
}): ChildProcess {
  const { command, args, setpriv } = options
  const child = spawn(
    setpriv ?? command,
    setpriv === undefined ? args : ['--pdeathsig', 'KILL', '--', command, ...args],
    { ...(options.cwd === undefined ? {} : { cwd: options.cwd }), stdio: ['ignore', 'pipe', 'pipe'] },
  )
  // Without a listener a command that does not exist would end the test worker; the readiness loop reports it.
  child.on('error', () => {})
  return child
}

function serverProcess(child: ChildProcess, log: () => string): ServerProcess {
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await gone
  }
  const stop = async () => {
    // A paused process takes no SIGTERM.
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await gone.finally(() => clearTimeout(late))
  }
  return {
    pid: child.pid ?? 0,
    log,
    stop,
    kill,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: stop,
  }
}
