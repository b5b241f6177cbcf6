import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startServe, type TestWorker, workerFolder } from '../../support/worker.ts'
import { openWindow, type Window } from './windows.ts'

const CLOCK = new URL('./stepping-clock.mjs', import.meta.url)

/** The place of one worker: what stands in it may be killed, and another one takes its place. */
export interface WorkerSlot extends AsyncDisposable {
  readonly name: string
  /** Undefined while nobody is there. */
  url(): string | undefined
  /** How many workers there have been. */
  lives(): number
  start(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGSTOP, until it is thawed. */
  freeze(): void
  thaw(): void
  /** Puts its wall clock so many milliseconds from the machine's, also for those that come after it. */
  setClock(offsetMs: number): Promise<void>
  /** When it was killed, or frozen. */
  readonly away: readonly Window[]
  readonly frozen: readonly (Window & { readonly worker: string })[]
  /** What those in this place called themselves. */
  readonly names: ReadonlySet<string>
}

/** A place with nobody in it yet. */
export async function openSlot(options: {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly config: Readonly<Record<string, unknown>>
}): Promise<WorkerSlot> {
  const { name, config } = options
  const folder = await workerFolder('authwatch-chaos-worker-')
  const clock = join(folder.path, 'clock')
  await writeFile(clock, '0')
  const env = { ...options.env, NODE_OPTIONS: `--import=${CLOCK.href}`, CHAOS_CLOCK: clock }
  const away: Window[] = []
  const frozen: (Window & { readonly worker: string })[] = []
  const names = new Set<string>()
  let worker: TestWorker | undefined
  let ownName = ''
  let lives = 0
  let back = () => {}
  let warm = () => {}
  const signal = (which: 'SIGSTOP' | 'SIGCONT') => {
    if (worker !== undefined && !worker.hasExited()) process.kill(worker.pid, which)
  }
  return {
    ...{ name, away, frozen, names },
    url: () => (worker?.hasExited() === false ? worker.url : undefined),
    lives: () => lives,
    async start() {
      worker = await startServe({ env, config, cwd: folder.path })
      ownName = /"worker":"([^"]+)"/.exec(worker.log())?.[1] ?? ''
      names.add(ownName)
      lives += 1
      back()
    },
    async kill() {
      back = openWindow(away, { from: Date.now(), to: Number.POSITIVE_INFINITY })
      await worker?.kill()
    },
    freeze() {
      const forOthers = openWindow(away, { from: Date.now(), to: Number.POSITIVE_INFINITY })
      const own = openWindow(frozen, { from: Date.now(), to: Number.POSITIVE_INFINITY, worker: ownName })
      warm = () => {
        forOthers()
        own()
      }
      signal('SIGSTOP')
    },
    thaw() {
      signal('SIGCONT')
      warm()
      warm = () => {}
    },
    setClock: (offsetMs) => writeFile(clock, String(Math.round(offsetMs))),
    async [Symbol.asyncDispose]() {
      signal('SIGCONT')
      await worker?.[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
