import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHILD_ENVIRONMENT, identity, type ServerUser } from './server-user.ts'

/**
 * Stops the server (SIGINT: "fast", PostgreSQL's server-shutdown chapter) when its standard input ends. The
 * kernel closes that pipe however we die, SIGKILL included. `$1` is a folder to empty after such an end, or ''.
 * The reading is done by the shell itself: a `cat` would outlive a server that ends by its own.
 */
const SUPERVISOR = `
remove=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{ while read -r line <&3; do :; done; kill -INT "$server"; } >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
if wait "$watcher" 2>/dev/null && [ -n "$remove" ]; then rm -rf -- "$remove" 2>/dev/null; fi
exit "$status"
`

const KEPT_LOG_LINES = 20
const STOP_TIMEOUT_MS = 15_000

export interface SupervisedServer {
  hasExited(): boolean
  /** Its last lines on standard error. */
  recentLog(): readonly string[]
  /** Asks the server to stop, and kills it if it has not stopped after 15 s. */
  stop(): Promise<void>
}

export interface SuperviseOptions {
  readonly command: readonly string[]
  readonly user: ServerUser | undefined
  readonly emptyAfterwards: string | undefined
  readonly onLog: ((line: string) => void) | undefined
}

export function supervise(options: SuperviseOptions): SupervisedServer {
  const { command, user, emptyAfterwards, onLog } = options
  // Its own process group: the terminal's Ctrl-C reaches us first, and we stop the server when we are done with it.
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', emptyAfterwards ?? '', ...command], {
    ...identity(user),
    cwd: '/',
    detached: true,
    env: CHILD_ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const recent: string[] = []
  let exited = false
  const keep = (line: string) => {
    recent.push(line)
    if (recent.length > KEPT_LOG_LINES) recent.shift()
    onLog?.(line)
  }
  createInterface({ input: child.stderr }).on('line', keep)
  // A pipe to a program that is gone reports EPIPE; its exit tells the same.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      keep(cause.message)
      exited = true
      resolve()
    })
    child.once('close', () => {
      exited = true
      child.stdin.destroy()
      resolve()
    })
  })
  return {
    hasExited: () => exited,
    recentLog: () => recent,
    async stop() {
      child.stdin.end()
      const giveUp = new AbortController()
      const late = sleep(STOP_TIMEOUT_MS, 'late', { signal: giveUp.signal }).catch(() => 'cancelled')
      if ((await Promise.race([ended, late])) === 'late' && child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL')
        await ended
      }
      giveUp.abort()
    },
  }
}
