import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ServerSettings } from './settings.ts'

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 3_000
const POLL_MS = 25
const KEPT_LOG_LINES = 20

export interface ServerStart {
  /** Path of the server's program, compiled; else the one beside this program. */
  readonly program?: string | undefined
  readonly onLog?: (line: string) => void
}

export interface ServerProcess {
  isRunning(): boolean
  /** Ends the server as an operator does (SIGTERM), and with SIGKILL if it has not ended after 3 s. */
  stop(): Promise<void>
  /** Ends it as a crash does. */
  kill(): Promise<void>
}

/**
 * Starts one server in its own process and waits until it answers.
 * @throws Error with the server's last words when it does not answer within 20 s
 */
export async function startServerProcess(
  settings: ServerSettings,
  { program, onLog }: ServerStart,
): Promise<ServerProcess> {
  const child = spawnServer(settings, program)
  const lastWords = keepLog(child, onLog)
  const server = {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  try {
    child.send(settings)
    const listening = once(child, 'message', { signal })
    const exited = once(child, 'exit', { signal }).then(() => {
      throw new Error('It ended while starting.')
    })
    await Promise.race([listening, exited])
    if (!settings.hang) await waitUntilItAnswers(settings.port, signal)
    return server
  } catch (cause) {
    await server.kill()
    throw new Error(`The demo server ${settings.name} did not start: ${lastWords().join('\n')}`, { cause })
  }
}

/**
 * From TypeScript sources the child needs tsx to run; the compiled program runs by itself. It gets nothing of our
 * environment, whose BETTER_AUTH_… variables would change it, and a process group of its own, so that the
 * terminal's Ctrl-C does not end it before us: it ends with the channel to us.
 */
function spawnServer(settings: ServerSettings, program: string | undefined): ChildProcess {
  const isSource = program === undefined && import.meta.url.endsWith('.ts')
  const entry = program ?? fileURLToPath(new URL(isSource ? './server.ts' : './server.js', import.meta.url))
  const tsx = isSource ? pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href : undefined
  return fork(entry, [], {
    execArgv: tsx === undefined ? [] : ['--import', tsx],
    env: { NODE_ENV: settings.nodeEnv },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
}

function keepLog(child: ChildProcess, onLog: ((line: string) => void) | undefined): () => readonly string[] {
  const recent: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      recent.push(line)
      if (recent.length > KEPT_LOG_LINES) recent.shift()
      onLog?.(line)
    })
  }
  return () => recent
}

async function waitUntilItAnswers(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/api/auth/ok`, { signal }).catch(() => undefined)
    if (response?.ok === true) return
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function end(child: ChildProcess, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(how)
  const patience = new AbortController()
  const late = sleep(STOP_TIMEOUT_MS, 'late', { signal: patience.signal }).catch(() => 'cancelled')
  if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL')
  patience.abort()
  await exited
}
