import type { Check } from '../../src/catalogue/check.ts'
import { matrixKey } from '../../src/catalogue/matrix.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { callbackOperation, providers } from '../../src/events/vocabulary.ts'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import { eventMetrics } from '../../src/metrics/event-metrics.ts'
import { preparedMetrics } from '../../src/metrics/prepared-metrics.ts'
import { openProbeMetrics } from '../../src/metrics/probe-metrics.ts'
import { openProcessMetrics } from '../../src/metrics/process-metrics.ts'
import { webConfigMetrics } from '../../src/metrics/web-config-metrics.ts'
import { workerMetrics } from '../../src/metrics/worker-metrics.ts'
import { workerStatus } from '../../src/schedule/worker-status.ts'
import { stored } from '../metrics/stored.ts'

/** Of every check one result that measured everything, and one that could not look. */
function resultsOf(check: Check, now: number) {
  const gauges = check.kind === 'inspect' ? {} : (check.gauges ?? {})
  const values = {
    offenders: 1,
    waived: 1,
    ...Object.fromEntries(Object.keys(gauges).map((name) => [name, 1])),
  }
  const matrix = check.kind === 'probe' ? check.matrix : undefined
  const labels = Object.fromEntries(Object.keys(matrix?.labels ?? {}).map((label) => [label, 'a']))
  const cell = matrix === undefined ? {} : { [matrixKey(labels)]: 1 }
  const verdict = { state: 'fail', severity: 'info', summary: '', findings: [] } as const
  const error = { state: 'error', code: 'ERR_STALE', message: '' } as const
  return [
    stored({
      check: check.id,
      target: 'measured',
      startedAt: now,
      verdict: { ...verdict, values: { ...values, ...cell } },
    }),
    stored({ check: check.id, target: 'erred', startedAt: now, verdict: error }),
  ]
}

/** Every event that there can be on one server, none of which has happened. */
function eventsOf(server: string) {
  const counts = providers.map((provider) => ({
    server,
    operation: callbackOperation(provider),
    outcome: 'success' as const,
    reason: 'ok' as const,
    count: 0,
  }))
  return {
    known: () => true,
    servers: () => new Map([[server, 0]]),
    counts: () => counts,
    durations: () => [],
    distinct: () => 1,
  }
}

/** The text of `/metrics` with every series that a worker can export, put together as a worker does it. */
export async function workerExposition(now: number): Promise<string> {
  using usage = openProcessMetrics({ version: '0.0.1' })
  usage.countRequest({ route: '/metrics', status: 200, seconds: 0.01 })
  const probes = openProbeMetrics()
  probes.observe({ server: 'a', probe: 'server.not_answering', step: 'ok', seconds: 1, reason: 'timeout' })
  const metrics = preparedMetrics({
    workerMetrics: () => [
      ...workerMetrics({ ...workerStatus(), queueOldestWaitingSeconds: 1 }),
      ...webConfigMetrics({ successful: true, succeededAt: now }),
    ],
    processMetrics: async () => [...(await probes.families()), ...(await usage.families())],
    clock: () => now,
  })
  const results = catalogue.flatMap((check) => resultsOf(check, now))
  const shown = { checks: catalogue, targetsOf: () => ['measured', 'erred'], results, now }
  const events = eventMetrics({ totals: eventsOf('a'), servers: ['a'], now })
  const families = [...checkMetrics(shown), ...events.families]
  metrics.prepare(() => ({ families, validUntil: Number.POSITIVE_INFINITY }))
  return (await metrics.exposition({ format: 'text', gzip: false })).toString()
}
