import { type ExpositionFormat, endings, renderFamilies } from './exposition.ts'
import { type DeflatedPart, deflatePart, gzipParts } from './gzip-parts.ts'
import type { MetricFamily } from './metric-family.ts'
import { capSeries, DEFAULT_SERIES_LIMIT } from './series-cap.ts'

/** What all workers export alike. Reads memory only, and gives the same for the same instant. */
export type SharedMetrics = (now: number) => {
  readonly families: readonly MetricFamily[]
  /** Milliseconds since the epoch; beyond it the same memory gives other families. */
  readonly validUntil: number
}

export interface PreparedMetrics {
  /** To be called when results have changed; once a second is often enough. That they grow old is seen here. */
  prepare(shared: SharedMetrics): void
  /**
   * The whole exposition: first what all workers export alike, then this worker's own, which is at most a second old:
   * what a process uses is read from the system, and costs more than all the rest.
   */
  exposition(request: ExpositionRequest): Promise<Buffer<ArrayBuffer>>
}

export interface ExpositionRequest {
  readonly format: ExpositionFormat
  readonly gzip: boolean
}

export interface PreparedMetricsOptions {
  /** This worker's view of its backends, from memory. */
  workerMetrics(): readonly MetricFamily[]
  /** What this process uses, from memory. */
  processMetrics(): Promise<readonly MetricFamily[]>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Most series in one exposition. Default: {@link DEFAULT_SERIES_LIMIT}. */
  readonly seriesLimit?: number
}

const SERVED_FOR_MS = 1_000

/** Kept free for the worker's own series, which tell that the shared ones were cut. */
const OWN_SHARE = 0.25

interface RenderedPart {
  readonly plain: Buffer
  deflated?: Promise<DeflatedPart>
}

interface Served {
  readonly body: Promise<Buffer<ArrayBuffer>>
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly of: Preparation
}

interface Preparation {
  readonly families: readonly MetricFamily[]
  readonly names: ReadonlySet<string>
  readonly series: number
  readonly validUntil: number
  readonly parts: Partial<Record<ExpositionFormat, RenderedPart>>
}

/**
 * Holds the shared part as bytes from one change of the results to the next; each format is rendered, and compressed,
 * when it is first asked for. A scrape reads memory only and never waits for a backend.
 */
export function preparedMetrics(options: PreparedMetricsOptions): PreparedMetrics {
  const { workerMetrics, processMetrics, clock, seriesLimit = DEFAULT_SERIES_LIMIT } = options
  let dropped = 0
  let shared: SharedMetrics = () => ({ families: [], validUntil: Number.POSITIVE_INFINITY })
  let preparation: Preparation | undefined
  const served = new Map<string, Served>()

  const current = (): Preparation => {
    const now = clock()
    if (preparation !== undefined && now <= preparation.validUntil) return preparation
    const { families, validUntil } = shared(now)
    const capped = capSeries({ families, limit: Math.floor(seriesLimit * (1 - OWN_SHARE)) })
    dropped += capped.dropped
    const names = new Set(families.map(({ name }) => name))
    preparation = { ...capped, names, validUntil, parts: {} }
    return preparation
  }

  const ownPart = async ({ names, series }: Preparation, format: ExpositionFormat): Promise<Buffer> => {
    // A family may stand in an exposition once, and the shared part is already written.
    const all = [...workerMetrics(), ...(await processMetrics())].filter(({ name }) => !names.has(name))
    const room = Math.max(seriesLimit - series, Math.ceil(seriesLimit * OWN_SHARE)) - 1
    const own = capSeries({ families: all, limit: room })
    dropped += own.dropped
    const text = renderFamilies([droppedSeries(dropped), ...own.families], format)
    return Buffer.from(text + endings[format])
  }

  const write = async (
    prepared: Preparation,
    { format, gzip }: ExpositionRequest,
  ): Promise<Buffer<ArrayBuffer>> => {
    prepared.parts[format] ??= { plain: Buffer.from(renderFamilies(prepared.families, format)) }
    const part = prepared.parts[format]
    const own = await ownPart(prepared, format)
    if (!gzip) return Buffer.concat([part.plain, own])
    part.deflated ??= deflatePart(part.plain)
    return await gzipParts(await part.deflated, own)
  }

  return {
    prepare(next) {
      shared = next
      preparation = undefined
      current()
    },
    exposition({ format, gzip }) {
      const prepared = current()
      const now = clock()
      const key = `${format} ${gzip}`
      const last = served.get(key)
      if (last?.of === prepared && Math.abs(now - last.at) < SERVED_FOR_MS) return last.body
      const body = write(prepared, { format, gzip })
      served.set(key, { body, at: now, of: prepared })
      // What went wrong once must not be answered for a second.
      body.catch(() => served.delete(key))
      return body
    },
  }
}

function droppedSeries(value: number): MetricFamily {
  return {
    name: 'authwatch_series_dropped_total',
    help: 'Series left out because there were too many, counted each time metrics are made.',
    type: 'counter',
    samples: [{ labels: {}, value }],
  }
}
