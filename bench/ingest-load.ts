import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { BATCH_VERSION, type Batch, type Count } from '../src/events/batch.ts'
import { seriesOf } from '../src/events/series.ts'
import { commonOperations, durationBuckets, operations } from '../src/events/vocabulary.ts'
import { median } from './report.ts'

export const TOKEN = 'aW5nZXN0IGJlbmNobWFyayBvbmx5IDEyMzQ1'
export const SERVERS = ['crm-a', 'crm-b', 'crm-c', 'crm-d'] as const
/** Processes that report, each with one batch on its way at a time. */
export const SOURCES = 8
const MAX_BATCHES_PER_SECOND = 1_800

export interface Load {
  readonly name: string
  readonly counts: readonly Count[]
}

/** So many events of each, in buckets. */
function counts(series: ReturnType<typeof seriesOf>, each: number): readonly Count[] {
  const buckets = durationBuckets.map((bound) => (bound === 0.1 ? each : 0)).concat(0)
  return series.map((labels) => ({ ...labels, count: each, buckets, sum: each * 0.08 }))
}

const common = commonOperations.flatMap(seriesOf)

export const LOADS: readonly Load[] = [
  { name: '1,000 events, 40 kinds', counts: counts(common.slice(0, 40), 25) },
  { name: 'one event of each kind', counts: counts(operations.flatMap(seriesOf), 1) },
]

const eventsOf = ({ counts }: Load): number => counts.reduce((sum, { count }) => sum + count, 0)

export interface Rate {
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

/** Reports as fast as the worker takes it, for that time. */
export async function ingest(url: string, load: Load, seconds: number): Promise<Rate> {
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
