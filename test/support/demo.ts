import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { authwatchCommand, workerFolder } from './worker.ts'

const START_MS = 120_000
const STOP_MS = 20_000
const POLL_MS = 100

export interface RunningDemo extends AsyncDisposable {
  readonly child: ChildProcess
  /** Resolves with its exit code and signal. */
  readonly exited: Promise<readonly unknown[]>
  /** Where it runs, and keeps what it has to keep. */
  readonly folder: string
  /** Everything it printed so far. */
  said(): string
}

/**
 * A real `authwatch demo` with its traffic: servers that report events, some broken rows, and a worker on this port of
 * the loopback interface. Resolves once every check was run.
 */
export async function startDemo({ port }: { readonly port: number }): Promise<RunningDemo> {
  // Its own, so that what it leaves in there is seen, and that another demo is not in its way.
  const folder = await workerFolder('authwatch-demo-test-')
  const [program = '', ...args] = await authwatchCommand(['demo', '--port', String(port)])
  const child = spawn(program, args, {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? '', TMPDIR: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
    })
  }
  const stop = async () => {
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.kill('SIGINT')
    await exited.finally(() => clearTimeout(late))
    await folder[Symbol.asyncDispose]()
  }
  const deadline = Date.now() + START_MS
  for (;;) {
    if (said.includes('Ctrl-C stops everything')) {
      return { child, exited, folder: folder.path, said: () => said, [Symbol.asyncDispose]: stop }
    }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`The demo did not start: ${said}`)
    }
    await sleep(POLL_MS)
  }
}
