import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricFamily } from './metric-family.ts'
import { registryFamilies } from './registry-families.ts'

export interface HandledRequest {
  /** From a closed list; a path that a client made up must not come here. */
  readonly route: string
  readonly status: number
  readonly seconds: number
  /** Whether a Prometheus asked. */
  readonly scraped?: boolean
}

export interface ProcessMetrics extends Disposable {
  /** Reads this process only. */
  families(): Promise<readonly MetricFamily[]>
  countRequest(request: HandledRequest): void
}

/**
 * Gauges that end in `_total`, which is a counter's suffix; what they break down comes from private parts of Node; the
 * least event loop delay is the sampling interval, or 2^63 ns right after a scrape.
 */
const UNFIT = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_handles',
  'nodejs_active_requests',
  'nodejs_eventloop_lag_min_seconds',
]

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.5]

/** Metrics of this process and of the requests it served, in a registry of its own. */
export function openProcessMetrics(build: { readonly version: string }): ProcessMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of UNFIT) registry.removeSingleMetric(name)
  const requests = new Counter({
    name: 'authwatch_http_requests_total',
    help: 'HTTP requests this worker answered.',
    labelNames: ['route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'authwatch_http_request_duration_seconds',
    help: 'Time until this worker had an answer to an HTTP request.',
    labelNames: ['route'],
    buckets: REQUEST_BUCKETS,
    registers,
  })
  const lastScrape = new Gauge({
    name: 'authwatch_http_last_scrape_timestamp_seconds',
    help: 'When a Prometheus last had metrics of this worker before now; 0 when none did since its start.',
    registers,
  })
  return {
    async families() {
      return [buildInfo(build.version), ...(await registryFamilies(registry))]
    },
    countRequest({ route, status, seconds, scraped = false }) {
      requests.inc({ route, status })
      durations.observe({ route }, seconds)
      if (scraped && route === '/metrics' && status === 200) lastScrape.setToCurrentTime()
    },
    [Symbol.dispose]: () => registry.clear(),
  }
}

function buildInfo(version: string): MetricFamily {
  return {
    name: 'authwatch_build_info',
    help: 'Always 1; what this worker is.',
    type: 'gauge',
    samples: [{ labels: { version, node_version: process.versions.node }, value: 1 }],
  }
}
