import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { milliseconds } from '../src/catalogue/duration.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import type { Need } from '../src/catalogue/probe.ts'
import type { Result } from '../src/catalogue/result.ts'
import { runProbes } from '../src/commands/probe.ts'
import { probes } from '../src/probes/index.ts'
import { openFleet } from '../src/run/open-fleet.ts'
import { FLEET, type Fleet } from '../src/run/run-probe.ts'
import { outcome } from '../test/support/outcome.ts'
import { environment } from './environment.ts'
import { type Measured, type Round, report } from './probes-report.ts'
import { type StubOrder, stubsSchema } from './stub-servers.ts'
import { writeSection } from './write-section.ts'

const USAGE = `tsx bench/probes.ts [--rounds 3] [--sizes 10,100,500] [--hanging 100] [--write]
  --rounds  how often each size is measured while all servers answer
  --sizes   numbers of servers
  --hanging of these sizes also once with one server in fifty that never answers
  --write   puts the result into docs/benchmarks.md`

const HANG_EVERY = 50
const SAMPLE_MS = 20
const START_MS = 20_000
const ORIGINS = ['https://app.crm.example.com', 'https://admin.crm.example.com']
const EXTENSION_SECRET = 'of-the-benchmark-only-and-of-no-server'
const AUTH_SECRET = 'of-the-benchmark-only-and-of-no-user'
const SCOPE = 'actions:invoke'

/** What only an account, a database or an instrumented server can provide. */
const ACCOUNT: ReadonlySet<Need> = new Set(['account', 'session', 'apiKey', 'signingKeys', 'attestation'])
const accountless = probes.filter(({ needs }) => !needs.some((need) => ACCOUNT.has(need)))

interface Stubs extends AsyncDisposable {
  readonly ports: readonly number[]
  /** Names of servers that never answer. */
  readonly hung: ReadonlySet<string>
}

const nameOf = (place: number): string => `server-${place + 1}`

async function startStubs(count: number, hangEvery: number): Promise<Stubs> {
  const child = fork(fileURLToPath(new URL('./stub-servers.ts', import.meta.url)))
  const order: StubOrder = {
    ...{ count, hangEvery, origins: ORIGINS, cookie: `__Secure-${defaultPolicy.cookie.name}` },
    ...{ extensionSecret: EXTENSION_SECRET, audience: defaultPolicy.extensionToken.audience, scope: SCOPE },
  }
  child.send(order)
  const close = async () => {
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
  try {
    const [message]: unknown[] = await once(child, 'message', { signal: AbortSignal.timeout(START_MS) })
    const stubs = stubsSchema.parse(message)
    const hung = stubs.flatMap(({ hangs }, place) => (hangs ? [nameOf(place)] : []))
    return {
      ports: stubs.map(({ port }) => port),
      hung: new Set(hung),
      [Symbol.asyncDispose]: close,
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

function openStubFleet({ ports }: Stubs): Fleet & AsyncDisposable {
  return openFleet({
    servers: ports.map((port, place) => ({
      name: nameOf(place),
      url: `http://127.0.0.1:${port}`,
      publicUrl: 'https://api.crm.example.com',
    })),
    origins: ORIGINS,
    routes: {
      ...{ auth: '/api/auth', tenant: '/api/records', debug: '/debug/session' },
      extension: '/api/actions/refresh',
    },
    policy: { ...defaultPolicy, extensionToken: { ...defaultPolicy.extensionToken, scopes: [SCOPE] } },
    canaries: { userId: 'user', organizationId: 'organization' },
    secrets: { auth: AUTH_SECRET, extensionToken: EXTENSION_SECRET },
    signingKeys: undefined,
    version: 'bench',
  })
}

/** Highest resident memory while `work` runs, in bytes, looked at every 20 ms. */
async function withPeak<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  let peak = process.memoryUsage.rss()
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, SAMPLE_MS)
  try {
    return [await work(), peak]
  } finally {
    clearInterval(timer)
  }
}

async function measureRound(fleet: Fleet, hung: ReadonlySet<string>): Promise<Round> {
  const targets = new Set([FLEET, ...fleet.servers.map(({ name }) => name)])
  const begun = Date.now()
  const cpu = process.cpuUsage()
  const [results, peakBytes] = await withPeak(() =>
    runProbes(accountless, fleet, { targets, onDone: () => {} }),
  )
  const { user, system } = process.cpuUsage(cpu)
  const isHung = ({ target }: Result) => hung.has(target)
  const healthy = results.filter((result) => !isHung(result))
  const overrun = results.map(({ check, durationMs }) => durationMs - timeoutOf(check))
  const slowestFleet = results.filter(({ target }) => target === FLEET).map(({ durationMs }) => durationMs)
  return {
    wallMs: Date.now() - begun,
    healthyMs: Math.max(...healthy.map(({ startedAt, durationMs }) => startedAt + durationMs)) - begun,
    cpuSeconds: (user + system) / 1e6,
    peakBytes,
    passed: healthy.filter(({ verdict }) => verdict.state === 'pass').length,
    others: healthy.flatMap(({ check, verdict }) =>
      verdict.state === 'pass' ? [] : [`${check}: ${[outcome(verdict)].flat().join(', ')}`],
    ),
    hungRuns: results.length - healthy.length,
    slowestFleetMs: Math.max(...slowestFleet),
    overrunMs: Math.max(...overrun),
  }
}

function timeoutOf(id: string): number {
  const check = accountless.find((each) => each.id === id)
  if (check === undefined) throw new RangeError(`There is no probe ${id}.`)
  return milliseconds(check.timeout)
}

async function measure(servers: number, rounds: number, hangEvery: number): Promise<Measured> {
  await using stubs = await startStubs(servers, hangEvery)
  await using fleet = openStubFleet(stubs)
  const measured: Round[] = []
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`${servers} servers, ${stubs.hung.size} of them hang: round ${round} of ${rounds}\n`)
    const taken = await measureRound(fleet, stubs.hung)
    measured.push(taken)
    const { wallMs, cpuSeconds, peakBytes } = taken
    process.stderr.write(`${wallMs} ms, ${cpuSeconds} s of CPU, ${Math.round(peakBytes / 2 ** 20)} MiB\n`)
  }
  return { servers, hung: stubs.hung.size, rounds: measured }
}

interface Options {
  readonly rounds: number
  readonly sizes: readonly number[]
  readonly hanging: readonly number[]
  readonly write: boolean
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      sizes: { type: 'string', default: '10,100,500' },
      hanging: { type: 'string', default: '100' },
      write: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const sizes = values.sizes.split(',').map(Number)
  const hanging = values.hanging.split(',').map(Number)
  const isCount = (count: number) => Number.isInteger(count) && count > 0 && count <= 1_000
  if (![rounds, ...sizes, ...hanging].every(isCount)) throw new Error(USAGE)
  return { rounds, sizes, hanging, write: values.write }
}

async function main(): Promise<void> {
  const { rounds, sizes, hanging, write } = options()
  const load = loadavg()[0] ?? 0
  process.stderr.write('warming up\n')
  await measure(10, 2, 0)
  const measured: Measured[] = []
  for (const size of sizes) measured.push(await measure(size, rounds, 0))
  for (const size of hanging) measured.push(await measure(size, 1, HANG_EVERY))
  const text = report({ environment: `${environment(load)}.`, probes: accountless.length, measured })
  process.stdout.write(text)
  if (write) await writeSection('probes', text)
}

await main()
