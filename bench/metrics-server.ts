import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Gauge, Registry } from 'prom-client'
import { request } from 'undici'
import { z } from 'zod'
import { createHttpApp } from '../src/http/create-http-app.ts'
import { listen } from '../src/http/listen.ts'
import type { MetricFamily } from '../src/metrics/metric-family.ts'
import { preparedMetrics } from '../src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../src/metrics/process-metrics.ts'
import { pageSources } from '../test/http/pages/page-sources.ts'
import { scraperHeaders } from './scraper-headers.ts'

// One server of the benchmark, in a process of its own, so that its time and memory are its own. Told by its parent
// what to serve; tells it the address, and on every message what it has used so far.

const STATES = ['pass', 'fail', 'error', 'skipped']
const PER_FAMILY = 400

/** Series like those of checks: 400 to a family, three labels each. */
function families(series: number): readonly MetricFamily[] {
  return Array.from({ length: Math.ceil(series / PER_FAMILY) }, (_, family): MetricFamily => {
    const count = Math.min(PER_FAMILY, series - family * PER_FAMILY)
    return {
      name: `authwatch_bench_${family}`,
      help: 'What a check found, for the benchmark.',
      type: 'gauge',
      samples: Array.from({ length: count }, (_, at) => ({
        labels: {
          check: `session.condition_${Math.floor(at / 4)}`,
          target: `crm-${at % 97}`,
          state: STATES[at % 4] ?? '',
        },
        value: at * 1.5,
      })),
    }
  })
}

function prepared(series: number) {
  const usage = openProcessMetrics({ version: '0.0.0' })
  const metrics = preparedMetrics({
    workerMetrics: () => [],
    processMetrics: () => usage.families(),
    clock: Date.now,
    seriesLimit: 100_000,
  })
  metrics.prepare(() => ({ families: families(series), validUntil: Number.POSITIVE_INFINITY }))
  return { usage, metrics }
}

async function ours(series: number): Promise<string> {
  const { usage, metrics } = prepared(series)
  const app = createHttpApp({
    version: '0.0.0',
    metrics,
    notReady: () => [],
    pages: pageSources({ checks: [], targetsOf: () => [], results: [] }),
    countRequest: usage.countRequest,
    report: () => {},
  })
  const { url } = await listen(app, { port: 0 })
  return url
}

/** As fast as Node can be: the bytes are there, nothing is looked at. */
async function bare(series: number): Promise<string> {
  const { plain, gzip, type } = await sameBytes(series)
  const server = createServer((incoming, response) => {
    const zipped = incoming.headers['accept-encoding']?.includes('gzip') === true
    const body = zipped ? gzip : plain
    const encoding = zipped ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(200, { 'content-type': type, 'content-length': body.length, ...encoding })
    response.end(body)
  })
  return await address(server)
}

/** What authwatch answers, after the first requests that its counts need to be all there. */
async function sameBytes(series: number) {
  const child = fork(process.argv[1] ?? '', ['--kind', 'ours', '--series', String(series)], {
    execArgv: ['--import', 'tsx'],
  })
  const [said]: unknown[] = await once(child, 'message')
  const { url } = z.object({ url: z.string() }).parse(said)
  const get = (encoding: string) =>
    request(`${url}/metrics`, { headers: { ...scraperHeaders, 'accept-encoding': encoding } })
  await (await get('identity')).body.dump()
  // Bytes are kept for a second.
  await sleep(1_100)
  const [plain, gzip] = await Promise.all([get('identity'), get('gzip')])
  const bytes = {
    plain: Buffer.from(await plain.body.arrayBuffer()),
    gzip: Buffer.from(await gzip.body.arrayBuffer()),
    type: String(plain.headers['content-type']),
  }
  child.disconnect()
  return bytes
}

/** What most exporters in Node do: gauges in memory, rendered for each scrape. */
async function promClient(series: number): Promise<string> {
  const registry = new Registry()
  for (const { name, help, samples } of families(series)) {
    const gauge = new Gauge({ name, help, labelNames: ['check', 'target', 'state'], registers: [registry] })
    for (const { labels, value } of samples) gauge.set(labels, value)
  }
  const server = createServer((_, response) => {
    void registry.metrics().then((body) => {
      response.writeHead(200, { 'content-type': registry.contentType })
      response.end(body)
    })
  })
  return await address(server)
}

function address(server: ReturnType<typeof createServer>): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const at = server.address()
      resolve(`http://127.0.0.1:${at !== null && typeof at === 'object' ? at.port : 0}`)
    })
  })
}

const KINDS: Readonly<Record<string, (series: number) => Promise<string>>> = { ours, bare, promClient }
const { values } = parseArgs({ options: { kind: { type: 'string' }, series: { type: 'string' } } })
const start = KINDS[values.kind ?? '']
if (start === undefined) throw new Error(`--kind is one of ${Object.keys(KINDS).join(', ')}`)
const url = await start(Number(values.series))
process.on('disconnect', () => process.exit(0))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() })
})
process.send?.({ url })
