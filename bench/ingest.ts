import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { BATCH_VERSION, type Batch, type Count } from '../src/events/batch.ts'
import { commonOperations, durationBuckets, operations, seriesOf } from '../src/events/vocabulary.ts'
import { onlyChecks, startServe, workerFolder } from '../test/support/worker.ts'
import { median } from './report.ts'

const USAGE = `tsx bench/ingest.ts [--rounds 3] [--seconds 4] [--write]
  --rounds   how often each load is measured
  --seconds  how long each time
  --write    puts the result into docs/benchmarks.md`

const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url)
const [BEGIN, END] = ['<!-- bench:ingest -->', '<!-- /bench:ingest -->']
const TOKEN = 'aW5nZXN0IGJlbmNobWFyayBvbmx5IDEyMzQ1'
const SERVERS = ['crm-a', 'crm-b', 'crm-c', 'crm-d'] as const
/** Processes that report, each with one batch on its way at a time. */
const SOURCES = 8
const MAX_BATCHES_PER_SECOND = 400
const SCRAPE_PAUSE_MS = 50

interface Load {
  readonly name: string
  readonly counts: readonly Count[]
}

/** So many events of each, in buckets. */
function counts(series: ReturnType<typeof seriesOf>, each: number): readonly Count[] {
  const buckets = durationBuckets.map((bound) => (bound === 0.1 ? each : 0)).concat(0)
  return series.map((labels) => ({ ...labels, count: each, buckets, sum: each * 0.08 }))
}

const common = commonOperations.flatMap(seriesOf)

const LOADS: readonly Load[] = [
  { name: '1,000 events, 40 kinds', counts: counts(common.slice(0, 40), 25) },
  { name: 'one event of each kind', counts: counts(operations.flatMap(seriesOf), 1) },
]

const eventsOf = ({ counts }: Load): number => counts.reduce((sum, { count }) => sum + count, 0)

interface Rate {
  readonly events: number
  readonly batches: number
  readonly answerMs: number
  /** Processor time of the worker, in microseconds: it hardly depends on what else the machine does. */
  readonly cpuPerEvent: number
}

async function cpuSeconds(url: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(await answer.text())?.[1])
}

const post = (options: {
  readonly url: string
  readonly agent: Agent
  readonly body: Buffer
}): Promise<number> =>
  new Promise((resolve, reject) => {
    const { url, agent, body } = options
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'content-length': body.length,
    }
    request(`${url}/ingest`, { method: 'POST', agent, headers, timeout: 10_000 }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
      .on('error', reject)
      .end(body)
  })

/** What one source has to send, packed before the clock runs: the machine is the worker's meanwhile. */
function bodiesOf(load: Load, place: number, count: number): readonly Buffer[] {
  const head = {
    version: BATCH_VERSION,
    server: SERVERS[place % SERVERS.length]!,
    source: randomUUID(),
  } as const
  return Array.from({ length: count }, (_, i) => {
    const batch: Batch = { ...head, epoch: 0, sequence: i + 1, dropped: 0, counts: load.counts }
    return gzipSync(JSON.stringify(batch), { level: 1 })
  })
}

async function ingest(url: string, load: Load, seconds: number): Promise<Rate> {
  const all = Array.from({ length: SOURCES }, (_, place) =>
    bodiesOf(load, place, (seconds * MAX_BATCHES_PER_SECOND) / SOURCES),
  )
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  const cpuBefore = await cpuSeconds(url)
  const began = performance.now()
  const until = began + seconds * 1000
  const report = async (bodies: readonly Buffer[]): Promise<void> => {
    for (const body of bodies) {
      const sentAt = performance.now()
      if (sentAt > until) return
      const status = await post({ url, agent, body })
      if (status !== 200) throw new Error(`the worker answered ${status}`)
      times.push(performance.now() - sentAt)
    }
    throw new Error('faster than expected: raise MAX_BATCHES_PER_SECOND')
  }
  try {
    await Promise.all(all.map(report))
    const took = (performance.now() - began) / 1000
    const cpu = (await cpuSeconds(url)) - cpuBefore
    return {
      cpuPerEvent: (cpu * 1e6) / (times.length * eventsOf(load)),
      events: (times.length * eventsOf(load)) / took,
      batches: times.length / took,
      answerMs: median(times),
    }
  } finally {
    agent.destroy()
  }
}

interface Scrapes {
  readonly times: number[]
  bytes: number
}

/** Scrapes as Prometheus does, but far more often, while `work` goes on. */
async function scraping<T>(url: string, scrapes: Scrapes, work: () => Promise<T>): Promise<T> {
  const headers = { accept: 'application/openmetrics-text', 'accept-encoding': 'gzip' }
  let working = true
  const loop = (async () => {
    while (working) {
      const began = performance.now()
      const answer = await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(10_000) })
      await answer.arrayBuffer()
      scrapes.bytes = Number(answer.headers.get('content-length'))
      scrapes.times.push(performance.now() - began)
      await sleep(SCRAPE_PAUSE_MS)
    }
  })()
  try {
    return await work()
  } finally {
    working = false
    await loop
  }
}

interface Measured {
  readonly rates: ReadonlyMap<Load, Rate[]>
  readonly idle: Scrapes
  readonly loaded: Scrapes
}

async function measure(url: string, rounds: number, seconds: number): Promise<Measured> {
  const rates = new Map(LOADS.map((load) => [load, [] as Rate[]]))
  const idle: Scrapes = { times: [], bytes: 0 }
  const loaded: Scrapes = { times: [], bytes: 0 }
  // One round more than is counted: the first makes the rows, and compiles.
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(round === 0 ? 'warming up\n' : `round ${round} of ${rounds}\n`)
    const warmUp: Scrapes = { times: [], bytes: 0 }
    await sleep(1_500)
    await scraping(url, round === 0 ? warmUp : idle, () => sleep(seconds * 500))
    for (const [load, seen] of rates) {
      const rate = await ingest(url, load, seconds)
      if (round > 0) seen.push(rate)
    }
    await scraping(url, round === 0 ? warmUp : loaded, () => ingest(url, LOADS[0]!, seconds))
  }
  return { rates, idle, loaded }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const share = (times: readonly number[], part: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN

function report({ rates, idle, loaded }: Measured): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor'
  const load = `load average ${loadavg()[0]?.toFixed(1)} at the end`
  const machine = `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${load}`
  const rows = [...rates].map(([load, seen]) => {
    const of = (part: (rate: Rate) => number) => median(seen.map(part))
    const cells = [of(({ events }) => events), of(({ batches }) => batches)].map(whole)
    const [answer, cpu] = [of(({ answerMs }) => answerMs), of(({ cpuPerEvent }) => cpuPerEvent)]
    return `| ${load.name} | ${load.counts.length} | ${cells.join(' | ')} | ${answer.toFixed(1)} | ${cpu.toFixed(1)} |`
  })
  const scrape = (name: string, { times }: Scrapes) =>
    `| ${name} | ${median(times).toFixed(1)} | ${share(times, 0.95).toFixed(1)} | ${whole(times.length)} |`
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine}; PostgreSQL 18 that waits for the disk, Node ${process.versions.node}.`,
    `One worker, ${SOURCES} sources of ${SERVERS.length} servers, each with one batch on its way; worker, PostgreSQL and sources share the machine.`,
    '',
    '| a batch is | entries | events/s | batches/s | ms to the answer | µs of the worker per event |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Scrapes of /metrics (${whole(loaded.bytes / 1024)} KiB gzipped) in the same run:`,
    '',
    '| scrape | median ms | 95 % ms | scrapes |',
    '| --- | ---: | ---: | ---: |',
    scrape('idle', idle),
    scrape('while ingesting', loaded),
    `| ratio | ${(median(loaded.times) / median(idle.times)).toFixed(1)} | | |`,
  ].join('\n')
}

async function writeDocument(text: string): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8')
  const section = `${BEGIN}\n\n${text}\n\n${END}`
  const [before, rest] = document.split(BEGIN)
  const after = rest?.split(END)[1]
  const heading =
    '## What ingest takes\n\n`tsx bench/ingest.ts` measures the rate at which one worker counts events.'
  const next =
    before === undefined || after === undefined
      ? `${document.trimEnd()}\n\n${heading}\n\n${section}\n`
      : `${before}${section}${after}`
  await writeFile(DOCUMENT, next)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      write: { type: 'boolean', default: false },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds >= 1)) throw new Error(USAGE)
  await using folder = await workerFolder('authwatch-bench-ingest-')
  await using postgres = await startEmbeddedPostgres({ dataDirectory: join(folder.path, 'postgres') })
  await postgres.createDatabase('state')
  await using worker = await startServe({
    env: {
      DATABASE_URL: postgres.url('postgres'),
      STATE_DATABASE_URL: postgres.url('state'),
      AUTHWATCH_INGEST_TOKEN: TOKEN,
    },
    config: {
      servers: SERVERS.map((name) => ({ name, url: 'http://127.0.0.1:9' })),
      checks: onlyChecks([], { every: '10s' }),
    },
  })
  const text = report(await measure(worker.url, rounds, seconds))
  process.stdout.write(`${text}\n`)
  if (values.write) await writeDocument(text)
}

await main()
