import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { onlyChecks, startServe, workerFolder } from '../test/support/worker.ts'
import { environment } from './environment.ts'
import { ingest, LOADS, type Load, type Rate, SERVERS, SOURCES, TOKEN } from './ingest-load.ts'
import { median } from './report.ts'
import { ask } from './server-cost.ts'
import { writeSection } from './write-section.ts'

const USAGE = `tsx bench/ingest.ts [--rounds 3] [--seconds 4] [--write]
  --rounds   how often each load is measured
  --seconds  how long each time
  --write    puts the result into docs/benchmarks.md`

const SCRAPE_PAUSE_MS = 50

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

function report(
  { rates, idle, loaded }: Measured,
  machine: { readonly load: number; readonly postgres: string },
): string {
  const rows = [...rates].map(([load, seen]) => {
    const of = (part: (rate: Rate) => number) => median(seen.map(part))
    const cells = [of(({ events }) => events), of(({ batches }) => batches)].map(whole)
    const [answer, cpu] = [of(({ answerMs }) => answerMs), of(({ cpuPerEvent }) => cpuPerEvent)]
    return `| ${load.name} | ${load.counts.length} | ${cells.join(' | ')} | ${answer.toFixed(1)} | ${cpu.toFixed(1)} |`
  })
  const scrape = (name: string, { times }: Scrapes) =>
    `| ${name} | ${median(times).toFixed(1)} | ${share(times, 0.95).toFixed(1)} | ${whole(times.length)} |`
  return [
    `${environment(machine.load)}, PostgreSQL ${machine.postgres} that waits for the disk.`,
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
    '',
  ].join('\n')
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
  const load = loadavg()[0] ?? 0
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
  const postgresVersion = await ask(postgres.url('state'), 'show server_version')
  const text = report(await measure(worker.url, rounds, seconds), { load, postgres: postgresVersion })
  process.stdout.write(text)
  if (values.write) await writeSection('ingest', text)
}

await main()
