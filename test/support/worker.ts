import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { checks } from '../../src/checks/index.ts'
import { type ParsedSample, parseExposition } from '../metrics/parse-exposition.ts'
import { compiledCli } from './compiled-cli.ts'
import { findOnPath } from './find-on-path.ts'

/** Much, for when many workers start at once on a small machine. */
const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 20_000
const SCRAPE_TIMEOUT_MS = 20_000
const POLL_MS = 100
const LOG_CHARACTERS = 1_000_000

export interface WorkerOptions {
  /** Beside PATH the process sees nothing else. */
  readonly env: Readonly<Record<string, string>>
  /** What stands in `authwatch.yaml`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Where it runs; else a folder of its own, removed at the end. */
  readonly cwd?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly tookMs: number
}

/** A real `authwatch serve` in a process of its own, with `/metrics` on a free port. */
export interface TestWorker extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Everything it printed so far. */
  log(): string
  metrics(): Promise<string>
  /** The sum of the samples that have at least these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>
  /** Waits for {@link value} to be as wanted; the error says what it was at the end. */
  until(wanted: Wanted): Promise<void>
  /** SIGTERM. */
  stop(): Promise<Exit>
  /** SIGKILL. */
  kill(): Promise<Exit>
  hasExited(): boolean
}

export interface Wanted {
  readonly metric: string
  readonly labels?: Readonly<Record<string, string>>
  readonly is: (value: number) => boolean
  readonly withinMs: number
}

/** Checks of these ids at this pace, and no others. */
export function onlyChecks(
  ids: readonly string[],
  pace: { readonly every: string; readonly timeout?: string },
): Readonly<Record<string, unknown>> {
  const unknown = ids.filter((id) => !checks.some((check) => check.id === id))
  if (unknown.length > 0) throw new Error(`There is no check ${unknown.join(', ')}`)
  return Object.fromEntries(checks.map(({ id }) => [id, ids.includes(id) ? pace : { enabled: false }]))
}

/** A folder for one worker; anybody may enter, since an embedded PostgreSQL runs as another user than root. */
export async function workerFolder(name = 'authwatch-worker-'): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), name))
  await chmod(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** How Node runs one `authwatch` command. */
export async function authwatchCommand(args: readonly string[]): Promise<readonly string[]> {
  return [process.execPath, await compiledCli(), ...args]
}

/** Resolves once it watches; what it printed is in the error when it does not. */
export async function startServe({ env, config, cwd }: WorkerOptions): Promise<TestWorker> {
  const own = cwd === undefined ? await workerFolder() : undefined
  const folder = cwd ?? own?.path ?? ''
  const removeOwn = async () => own?.[Symbol.asyncDispose]()
  if (config !== undefined) await writeFile(join(folder, 'authwatch.yaml'), stringify(config))
  const { child, log, exited } = await spawnTied(await authwatchCommand(['serve']), { env, cwd: folder })
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  const deadline = Date.now() + START_TIMEOUT_MS
  let url: string | undefined
  while (url === undefined) {
    url = /"address":"([^"]+)"/.exec(log())?.[1]
    if (url === undefined && (hasExited() || Date.now() > deadline)) {
      child.kill('SIGKILL')
      await exited
      await removeOwn()
      throw new Error(`The worker did not start: ${log()}`)
    }
    await sleep(POLL_MS)
  }
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    const began = performance.now()
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited.finally(() => clearTimeout(late))
    return { code: child.exitCode, signal: child.signalCode, tookMs: performance.now() - began }
  }
  return {
    ...scraping(url),
    url,
    log,
    hasExited,
    pid: child.pid ?? 0,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      if (!hasExited()) await end('SIGTERM')
      await removeOwn()
    },
  }
}

function scraping(url: string): Pick<TestWorker, 'metrics' | 'value' | 'until'> {
  const metrics = async () =>
    await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) })).text()
  const value: TestWorker['value'] = async (name, labels = {}) => {
    const samples = parseExposition(await metrics(), 'text').get(name)?.samples ?? []
    const matching = samples.filter((sample) => hasLabels(sample, labels))
    return matching.length === 0 ? undefined : matching.reduce((sum, sample) => sum + sample.value, 0)
  }
  const until: TestWorker['until'] = async ({ metric, labels = {}, is, withinMs }) => {
    const deadline = Date.now() + withinMs
    for (;;) {
      const seen = await value(metric, labels)
      if (seen !== undefined && is(seen)) return
      if (Date.now() > deadline)
        throw new Error(`${metric} ${JSON.stringify(labels)} was ${seen} after ${withinMs} ms`)
      await sleep(POLL_MS)
    }
  }
  return { metrics, value, until }
}

function hasLabels(sample: ParsedSample, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
}

/** Tied to our life where the system can: a test run that is killed outright must not leave workers behind. */
async function spawnTied(
  command: readonly string[],
  { env, cwd }: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<{ child: ChildProcess; log: () => string; exited: Promise<void> }> {
  const setpriv = process.platform === 'linux' ? await findOnPath('setpriv') : undefined
  const tie = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
  const [program = '', ...args] = [...tie, ...command]
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', AUTHWATCH_HTTP_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const collect = (chunk: string) => {
    log = (log + chunk).slice(-LOG_CHARACTERS)
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', (error) => {
      collect(error.message)
      resolve()
    })
  })
  return { child, log: () => log, exited }
}
