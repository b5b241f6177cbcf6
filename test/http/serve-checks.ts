import { createHttpApp } from '../../src/http/create-http-app.ts'
import { type HttpServer, listen } from '../../src/http/listen.ts'
import type { TitledCheck } from '../../src/http/status-rows.ts'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import { type Snapshot, validUntil } from '../../src/metrics/current-results.ts'
import type { MetricFamily } from '../../src/metrics/metric-family.ts'
import { preparedMetrics } from '../../src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../../src/metrics/process-metrics.ts'

export interface ServedChecks extends HttpServer {
  /** What routes threw. */
  readonly reported: readonly unknown[]
}

/** A real server on a free loopback port that shows the given results, put together as a worker does it. */
export async function serveChecks(options: {
  readonly shown: Omit<Snapshot<TitledCheck>, 'now'>
  readonly notReady?: readonly string[]
  readonly runbook?: string
  readonly workerMetrics?: () => readonly MetricFamily[]
}): Promise<ServedChecks> {
  const { shown, notReady = [], runbook, workerMetrics = () => [] } = options
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
    snapshot: () => ({ ...shown, now: Date.now() }),
    countRequest: usage.countRequest,
    report: (cause) => reported.push(cause),
    ...(runbook === undefined ? {} : { runbook }),
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
