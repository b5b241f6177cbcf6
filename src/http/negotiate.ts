import { parseAccept } from 'hono/utils/accept'
import type { ExpositionFormat } from '../metrics/exposition.ts'

/**
 * OpenMetrics only for who names it, in our version or none, and does not like plain text better: a browser's
 * wildcards mean text.
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  const ranges = parseAccept(accept ?? '').map(({ type, params, q }) => ({
    type: type.toLowerCase(),
    version: params.version,
    q,
  }))
  const qualityOf = (name: string, version: string): number =>
    ranges
      .filter((range) => range.type === name && (range.version === undefined || range.version === version))
      .reduce((best, { q }) => Math.max(best, q), 0)
  const openMetrics = qualityOf('application/openmetrics-text', '1.0.0')
  return openMetrics > 0 && openMetrics >= qualityOf('text/plain', '0.0.4') ? 'openmetrics' : 'text'
}

/** Whether gzip may be sent: named, or covered by `*`, and not at quality 0 (RFC 9110 §12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const codings = parseAccept(acceptEncoding ?? '').map(({ type, q }) => ({ name: type.toLowerCase(), q }))
  const named = codings.find(({ name }) => name === 'gzip' || name === 'x-gzip')
  const { q = 0 } = named ?? codings.find(({ name }) => name === '*') ?? {}
  return q > 0
}
