import { contentTypes } from '../metrics/exposition.ts'
import type { ExpositionRequest } from '../metrics/prepared-metrics.ts'
import { acceptsGzip, negotiateFormat } from './negotiate.ts'

export const METRICS_PATH = '/metrics'

/** Which exposition suits who asks with these headers. */
export function expositionFor(asked: {
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
}): ExpositionRequest {
  return { format: negotiateFormat(asked.accept), gzip: acceptsGzip(asked.acceptEncoding) }
}

/** The headers that are the exposition's own, beside those of every answer. */
export function metricsHead({ format, gzip }: ExpositionRequest): Record<string, string> {
  return {
    'Content-Type': contentTypes[format],
    Vary: 'Accept, Accept-Encoding',
    ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
  }
}

/** Prometheus, and what scrapes as it does, says how long it waits; nobody else does. */
export const SCRAPER_HEADER = 'x-prometheus-scrape-timeout-seconds'
