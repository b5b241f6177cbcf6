import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { z } from 'zod'
import { environment } from './environment.ts'
import { median } from './report.ts'
import { scraperHeaders } from './scraper-headers.ts'
import { writeSection } from './write-section.ts'

const USAGE = `npx tsx bench/metrics.ts [--seconds 3] [--rounds 3] [--write]
  --seconds  how long each server is scraped in a round
  --write    puts the result into docs/benchmarks.md`

const SERIES = [200, 2_000, 20_000]
const KINDS = ['ours', 'bare', 'promClient'] as const
type Kind = (typeof KINDS)[number]
/** More than any Prometheus opens to one target; few enough that the client is not what is measured. */
const CONNECTIONS = 4
const START_MS = 30_000

const started = z.object({ url: z.string() })
const used = z.object({ cpuMs: z.number(), rssBytes: z.number() })

interface Round {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMs: number
  readonly rssBytes: number
  readonly bodyBytes: number
}

async function message(child: ChildProcess): Promise<unknown> {
  const [said]: unknown[] = await once(child, 'message', { signal: AbortSignal.timeout(START_MS) })
  return said
}

async function usage(child: ChildProcess) {
  child.send('usage')
  return used.parse(await message(child))
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

interface Asked {
  readonly kind: Kind
  readonly series: number
  readonly gzip: boolean
  readonly seconds: number
}

async function scrape({ kind, series, gzip, seconds }: Asked): Promise<Round> {
  const server = new URL('./metrics-server.ts', import.meta.url)
  const child = fork(server, ['--kind', kind, '--series', String(series)], { execArgv: ['--import', 'tsx'] })
  try {
    const { url } = started.parse(await message(child))
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
    const headers = { ...scraperHeaders, 'accept-encoding': gzip ? 'gzip' : 'identity' }
    const times: number[] = []
    let bodyBytes = 0
    const until = async (end: number) => {
      while (performance.now() < end) {
        const began = performance.now()
        const { body, statusCode } = await pool.request({ path: '/metrics', method: 'GET', headers })
        bodyBytes = (await body.arrayBuffer()).byteLength
        if (statusCode !== 200) throw new Error(`${kind} answered ${statusCode}`)
        times.push(performance.now() - began)
      }
    }
    const load = (ms: number) => {
      const end = performance.now() + ms
      return Promise.all(Array.from({ length: CONNECTIONS }, () => until(end)))
    }
    await load(500)
    times.length = 0
    const before = await usage(child)
    const began = performance.now()
    await load(seconds * 1_000)
    const took = (performance.now() - began) / 1_000
    const after = await usage(child)
    await pool.close()
    const sorted = times.toSorted((a, b) => a - b)
    return {
      perSecond: times.length / took,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      cpuMs: (after.cpuMs - before.cpuMs) / times.length,
      rssBytes: after.rssBytes,
      bodyBytes,
    }
  } finally {
    child.disconnect()
  }
}

function middle(rounds: readonly Round[]): Round {
  const of = (pick: (round: Round) => number) => median(rounds.map(pick))
  return {
    perSecond: of((r) => r.perSecond),
    p50: of((r) => r.p50),
    p99: of((r) => r.p99),
    cpuMs: of((r) => r.cpuMs),
    rssBytes: of((r) => r.rssBytes),
    bodyBytes: of((r) => r.bodyBytes),
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  ours: '**authwatch**',
  bare: 'bare `node:http`, same bytes',
  promClient: 'plain `prom-client`',
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      write: { type: 'boolean', default: false },
    },
  })
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
  if (!(seconds > 0 && rounds >= 1)) throw new Error(USAGE)
  const load = loadavg()[0] ?? Number.NaN
  const rows: string[] = []
  for (const series of SERIES) {
    for (const gzip of [true, false]) {
      const measured = new Map<Kind, Round[]>(KINDS.map((kind) => [kind, []]))
      for (let round = 0; round < rounds; round += 1) {
        // Each round begins with another, so that none always follows the same one.
        const order = [...KINDS.slice(round % 3), ...KINDS.slice(0, round % 3)].filter(
          // prom-client does not compress by itself.
          (kind) => !(gzip && kind === 'promClient'),
        )
        for (const kind of order) {
          process.stderr.write(`${series} series, ${gzip ? 'gzip' : 'plain'}, ${kind}, round ${round + 1}\n`)
          measured.get(kind)?.push(await scrape({ kind, series, gzip, seconds }))
        }
      }
      const own = middle(measured.get('ours') ?? [])
      for (const [kind, each] of measured) {
        if (each.length === 0) continue
        const { perSecond, p50, p99, cpuMs, rssBytes, bodyBytes } = middle(each)
        const size = `${(bodyBytes / 1_024).toFixed(0)} KiB`
        const cells = [
          series.toLocaleString('en'),
          gzip ? 'gzip' : 'plain',
          NAMES[kind],
          size,
          perSecond.toFixed(0),
          `${p50.toFixed(2)} / ${p99.toFixed(2)}`,
          cpuMs.toFixed(2),
          (rssBytes / 2 ** 20).toFixed(0),
          kind === 'ours' ? '' : (own.perSecond / perSecond).toFixed(2),
        ]
        rows.push(`| ${cells.join(' | ')} |`)
      }
    }
  }
  const text = `${environment(load)}.
${CONNECTIONS} connections that scrape without a pause, ${seconds} s each, median of ${rounds} rounds; the client shares the cores.

| series | | server | body | scrapes/s | p50 / p99 ms | CPU ms a scrape | RSS MiB | authwatch : it |
| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`
  process.stdout.write(text)
  if (values.write) await writeSection('metrics', text)
}

await main()
