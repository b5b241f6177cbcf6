import { createHttpApp } from '../../src/http/create-http-app.ts'
import { type HttpServer, listen } from '../../src/http/listen.ts'
import type { PageCheck, PageSources } from '../../src/http/pages/page-sources.ts'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import { type Snapshot, validUntil } from '../../src/metrics/current-results.ts'
import type { MetricFamily } from '../../src/metrics/metric-family.ts'
import { preparedMetrics } from '../../src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../../src/metrics/process-metrics.ts'
import { pageSources } from './pages/page-sources.ts'

export interface ServedChecks extends HttpServer {
  /** What routes threw. */
  readonly reported: readonly unknown[]
}

/** A real server on a free loopback port that shows the given results, put together as a worker does it. */
export async function serveChecks(options: {
  readonly shown: Omit<Snapshot<PageCheck>, 'now'>
  readonly notReady?: readonly string[]
  readonly pages?: Partial<PageSources>
  readonly workerMetrics?: () => readonly MetricFamily[]
}): Promise<ServedChecks> {
  const { shown, notReady = [], pages, workerMetrics = () => [] } = options
  const usage = openProcessMetrics({ version: '0.0.1' })
  const metrics = preparedMetrics({ workerMetrics, processMetrics: () => usage.families(), clock: Date.now })
  metrics.prepare((now) => ({
    families: checkMetrics({ ...shown, now }),
    validUntil: validUntil({ ...shown, now }),
  }))
  const reported: unknown[] = []
  const app = createHttpApp({
    version: '0.0.1',
    metrics,
    notReady: () => notReady,
    pages: pageSources(shown, pages),
    countRequest: usage.countRequest,
    report: (cause) => reported.push(cause),
  })
  const server = await listen(app, { port: 0, closeWithinMs: 1_000 })
  return {
    ...server,
    reported,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      usage[Symbol.dispose]()
    },
  }
}
