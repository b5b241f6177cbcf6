import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Size } from './application.ts'
import type { Cycles } from './cycle-process.ts'
import { median } from './report.ts'

/** What an application's own queries take while nothing is checked, and while cycles run; a block may be shorter than a cycle. */
export interface Impact {
  readonly blocks: number
  readonly seconds: number
  readonly perSecond: number
  readonly idle: Latency
  /** Beside a program that keeps one processor busy and asks no database: what any work on the machine does. */
  readonly besideBusy: Latency
  readonly during: Latency
  readonly cycles: readonly Cycles[]
}

/** Milliseconds; medians over the blocks. */
export interface Latency {
  readonly p50: number
  readonly mean: number
  readonly p99: number
}

/** Fewer than a machine of this size could do: a queue of its own making would hide what is to be seen. */
const PER_SECOND = 200
const CONNECTIONS = 4
const CYCLE_TIMEOUT_MS = 180_000

/** What better-auth asks for at a request: the session of a cookie with its user, an API key, a membership. */
const QUERIES = [
  `select s.*, u.* from session s join "user" u on u.id = s."userId" where s.token = md5('token' || $1::int)`,
  `select * from apikey where key = rtrim(translate(encode(sha256(('key' || $1::int)::text::bytea), 'base64'), '+/', '-_'), '=')`,
  `select * from member where "userId" = md5('u' || $1::int)`,
] as const

/** Requests at a fixed rate, whatever the answers take; the time of each from when it was due. */
async function load(pool: pg.Pool, size: Size, seconds: number): Promise<readonly number[]> {
  const rows = [size.sessions, size.keys, size.users]
  const total = PER_SECOND * seconds
  const times: number[] = []
  const running: Promise<unknown>[] = []
  const startedAt = performance.now()
  for (let n = 0; n < total; n += 1) {
    const dueIn = startedAt + (n * 1000) / PER_SECOND - performance.now()
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn))
    const kind = n % QUERIES.length
    const row = 1 + Math.floor(Math.random() * (rows[kind] ?? 1))
    const sentAt = performance.now()
    const query = { name: `q${kind}`, text: QUERIES[kind] ?? '', values: [row] }
    running.push(pool.query(query).then(() => times.push(performance.now() - sentAt)))
  }
  await Promise.all(running)
  return times
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

function latency(blocks: readonly (readonly number[])[]): Latency {
  const sorted = blocks.map((times) => times.toSorted((a, b) => a - b))
  return {
    p50: median(sorted.map((times) => percentile(times, 0.5))),
    mean: median(sorted.map((times) => times.reduce((sum, time) => sum + time, 0) / times.length)),
    p99: median(sorted.map((times) => percentile(times, 0.99))),
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(CYCLE_TIMEOUT_MS) })
  // Our own process, which sends nothing else.
  return message as T
}

async function besideBusyProcessor<T>(work: () => Promise<T>): Promise<T> {
  const ends = `const end = Date.now() + ${CYCLE_TIMEOUT_MS}; while (Date.now() < end);`
  const busy = spawn(process.execPath, ['-e', ends], { stdio: 'ignore' })
  try {
    return await work()
  } finally {
    busy.kill('SIGKILL')
  }
}

/** Blocks with and without cycles, by turns; the first of each warms up and is not counted. */
export async function measureImpact(options: {
  readonly url: string
  readonly size: Size
  readonly blocks: number
  readonly seconds: number
}): Promise<Impact> {
  const { url, size, blocks, seconds } = options
  const child = fork(fileURLToPath(new URL('./cycle-process.ts', import.meta.url)), {
    env: { ...process.env, DATABASE_URL: url },
    execArgv: ['--import', 'tsx'],
  })
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, query_timeout: 60_000 })
  const idle: (readonly number[])[] = []
  const besideBusy: (readonly number[])[] = []
  const during: (readonly number[])[] = []
  const cycles: Cycles[] = []
  try {
    await answer(child)
    for (let block = 0; block <= blocks; block += 1) {
      idle.push(await load(pool, size, seconds))
      besideBusy.push(await besideBusyProcessor(() => load(pool, size, seconds)))
      child.send('run')
      during.push(await load(pool, size, seconds))
      child.send('pause')
      cycles.push(await answer<Cycles>(child))
    }
  } finally {
    await pool.end()
    child.send('end')
    await once(child, 'exit', { signal: AbortSignal.timeout(CYCLE_TIMEOUT_MS) }).catch(() =>
      child.kill('SIGKILL'),
    )
  }
  return {
    blocks,
    seconds,
    perSecond: PER_SECOND,
    idle: latency(idle.slice(1)),
    besideBusy: latency(besideBusy.slice(1)),
    during: latency(during.slice(1)),
    cycles,
  }
}
