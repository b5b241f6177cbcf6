import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { jwt, organization } from 'better-auth/plugins'
import pg from 'pg'
import { Registry } from 'prom-client'
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { type Instrumented, instrument } from '../src/instrument/better-auth.ts'
import { TOKEN } from '../test/instrument/receiver.ts'
import { environment } from './environment.ts'
import { median } from './report.ts'
import { writeSection } from './write-section.ts'

const USAGE = `tsx bench/instrument.ts [--rounds 40] [--write]
  --rounds  how many blocks of requests are measured of each kind and variant
  --write   puts the result into docs/benchmarks.md`

const BASE_URL = 'https://api.example.com'
const PASSWORD = 'correct horse battery'

type Handler = (request: Request) => Promise<Response>

interface Kind {
  readonly name: string
  /** Requests in a block; each variant has a block in turn. */
  readonly block: number
  request(): Request
}

interface Variant {
  readonly name: string
  readonly handler: Handler
}

interface Block {
  /** Microseconds for each request, until its body was read. */
  readonly wall: number
  /** Microseconds of processor time for each request, of all threads, with what went on behind its back. */
  readonly cpu: number
}

function authOn(pool: pg.Pool) {
  return {
    baseURL: BASE_URL,
    secret: randomBytes(32).toString('base64url'),
    database: pool,
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: { enabled: true },
    plugins: [organization(), apiKey(), jwt()],
  }
}

function kinds(cookie: string, email: string): readonly Kind[] {
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Request(`${BASE_URL}/api/auth${path}`, { headers: { origin: BASE_URL, ...headers } })
  const body = (password: string) => JSON.stringify({ email, password })
  const headers = { 'content-type': 'application/json', origin: BASE_URL, 'x-forwarded-for': '198.51.100.7' }
  const signIn = (password: string) =>
    new Request(`${BASE_URL}/api/auth/sign-in/email`, { method: 'POST', headers, body: body(password) })
  return [
    { name: 'ok', block: 40, request: () => get('/ok') },
    { name: 'get-session, a visitor', block: 40, request: () => get('/get-session') },
    { name: 'get-session, a session', block: 20, request: () => get('/get-session', { cookie }) },
    {
      name: 'get-session, of another secret',
      block: 40,
      request: () => get('/get-session', { cookie: forged(cookie) }),
    },
    { name: 'sign-in', block: 2, request: () => signIn(PASSWORD) },
    { name: 'sign-in, a wrong password', block: 2, request: () => signIn('not the password') },
  ]
}

/** The same cookie with another signature. */
function forged(cookie: string): string {
  const dot = cookie.lastIndexOf('.')
  return `${cookie.slice(0, dot + 1)}${encodeURIComponent(Buffer.alloc(32, 7).toString('base64'))}`
}

async function measureBlock({ handler }: Variant, { block, request }: Kind): Promise<Block> {
  const requests = Array.from({ length: block }, request)
  const cpu = process.cpuUsage()
  const began = performance.now()
  for (const each of requests) await (await handler(each)).text()
  const wall = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  return { wall: (wall * 1_000) / block, cpu: (user + system) / block }
}

/** By the variant's name. */
async function measure(
  variants: readonly Variant[],
  kind: Kind,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Block[]>> {
  const measured = new Map<string, Block[]>(variants.map(({ name }) => [name, []]))
  // The first fifth is not counted: code is compiled and connections are opened.
  const warmUp = Math.ceil(rounds / 5)
  for (let round = -warmUp; round < rounds; round += 1) {
    // Each round begins with another variant, so that none always follows the same one.
    const first = (round + warmUp) % variants.length
    for (const variant of [...variants.slice(first), ...variants.slice(0, first)]) {
      const block = await measureBlock(variant, kind)
      if (round >= 0) measured.get(variant.name)?.push(block)
    }
  }
  return measured
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Each variant's blocks beside those of plain in the same round, so that what the machine did meanwhile is in both. */
function rows(kind: Kind, measured: ReadonlyMap<string, readonly Block[]>): readonly string[] {
  const plain = measured.get('plain') ?? []
  return [...measured].map(([variant, blocks]) => {
    const pairs = blocks.map((block, round) => ({ block, beside: plain[round] ?? block }))
    const of = (value: (pair: (typeof pairs)[number]) => number) => median(pairs.map(value))
    const ratios = [
      of(({ block, beside }) => block.wall / beside.wall).toFixed(3),
      of(({ block, beside }) => block.cpu / beside.cpu).toFixed(3),
    ]
    // What others do to the machine only ever adds.
    const least = Math.min(...blocks.map(({ cpu }) => cpu)) - Math.min(...plain.map(({ cpu }) => cpu))
    const more = of(({ block, beside }) => block.cpu - beside.cpu)
    const [wall, cpu] = [of(({ block }) => block.wall), of(({ block }) => block.cpu)].map(whole)
    return `| ${[kind.name, variant, wall, ratios[0], cpu, ratios[1], whole(more), whole(least)].join(' | ')} |`
  })
}

interface Measuring {
  readonly rounds: number
  /** Of the machine, before anything was measured. */
  readonly load: number
}

function report(
  lines: readonly string[],
  { rounds, load, version }: Measuring & { readonly version: string },
): string {
  return [
    `${environment(load)}, PostgreSQL ${version}.`,
    'better-auth in this process, its tables in PostgreSQL, no limiter, no cookie cache, one request at a time.',
    `Medians of ${rounds} rounds, in each of which every variant had a block of requests; shares and differences are of`,
    'the blocks of one round. **plain, again** is plain: what it differs by is noise. CPU is processor time of all threads,',
    'with what is done after the answer. **least** compares the blocks that took least, which other work disturbed least.',
    '',
    '| request | variant | µs | of plain | CPU µs | of plain | more than plain | least, more than plain |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n')
}

async function signedIn(handler: Handler, email: string): Promise<string> {
  const post = (path: string) =>
    handler(
      new Request(`${BASE_URL}/api/auth${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: BASE_URL },
        body: JSON.stringify({ name: 'Ada', email, password: PASSWORD }),
      }),
    )
  await post('/sign-up/email')
  const answer = await post('/sign-in/email')
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

/** In a process of its own: its processor time is not the application's. */
function startReceiver(): ChildProcess {
  const script = fileURLToPath(new URL('../test/instrument/hold-receiver.ts', import.meta.url))
  return fork(script, [], { execArgv: ['--import', 'tsx'] })
}

async function measureOn(url: string, measuring: Measuring): Promise<string> {
  const pool = new pg.Pool({ connectionString: url, max: 5 })
  const receiver = startReceiver()
  const open: Pick<Instrumented<unknown>, 'close'>[] = []
  try {
    const [receiverUrl] = await once(receiver, 'message')
    const options = authOn(pool)
    await (await getMigrations(options)).runMigrations()
    const auth = betterAuth(options)
    const toRegistry = instrument(auth, { server: 'crm-a', registry: new Registry() })
    const toWorker = instrument(auth, { server: 'crm-b', push: { url: String(receiverUrl), token: TOKEN } })
    open.push(toRegistry, toWorker)
    const variants: readonly Variant[] = [
      { name: 'plain', handler: auth.handler },
      { name: 'plain, again', handler: (request) => auth.handler(request) },
      { name: 'into a registry', handler: toRegistry.auth.handler },
      { name: 'pushed to a worker', handler: toWorker.auth.handler },
    ]
    const email = 'ada@example.com'
    const cookie = await signedIn(auth.handler, email)
    const lines: string[] = []
    for (const kind of kinds(cookie, email)) {
      process.stderr.write(`${kind.name}\n`)
      lines.push(...rows(kind, await measure(variants, kind, measuring.rounds)))
    }
    const { rows: found } = await pool.query<{ server_version: string }>('show server_version')
    return report(lines, { ...measuring, version: found[0]?.server_version ?? '' })
  } finally {
    for (const each of open) await each.close()
    receiver.disconnect()
    await pool.end()
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '40' }, write: { type: 'boolean', default: false } },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 5) throw new Error(USAGE)
  const load = loadavg()[0] ?? 0
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-bench-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  try {
    await using server = await startEmbeddedPostgres({
      dataDirectory: join(directory, 'postgres'),
      removeOnStop: true,
    })
    await server.createDatabase('application')
    const text = await measureOn(server.url('application'), { rounds, load })
    process.stdout.write(text)
    if (values.write) await writeSection('instrument', text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
