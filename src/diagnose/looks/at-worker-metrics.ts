import { bad, good, type Look, skipped } from '../diagnosis.ts'
import type { WorkerMetrics } from '../facts/worker-metrics.ts'
import type { MetricLook } from '../plans/planned.ts'

/** Groups of events that one line of evidence names. */
const NAMED = 6

/** Whether a number that the worker exports is as it should be. */
export function lookAtMetric(look: MetricLook, metrics: WorkerMetrics, alert: string): Look {
  const { name, wrong, limit, say } = look
  const samples = metrics.get(name) ?? []
  if (samples.length === 0) return skipped(`the worker does not export ${name}`)
  const beyond = samples.filter(({ value }) => (wrong === 'above' ? Math.abs(value) > limit : value < limit))
  const [first] = beyond
  const values = (beyond.length > 0 ? beyond : samples).slice(0, 3).map(({ value }) => value)
  const evidence = `${name} ${values.join(', ')}`
  if (first === undefined) return good(evidence)
  return bad({
    evidence,
    severity: 'warning',
    cause: `The worker says ${name} ${first.value}, which is ${wrong} ${limit}.`,
    fix: { say },
    runbook: alert,
  })
}

/** What was counted since the worker started, the most first: it tells an outage from an attack. */
export function lookAtEvents(operation: RegExp, metrics: WorkerMetrics): Look {
  const counts = new Map<string, number>()
  for (const { labels, value } of metrics.get('authwatch_auth_events_total') ?? []) {
    if (!operation.test(labels.operation ?? '') || labels.outcome === 'success') continue
    const group = `${labels.reason ?? 'unknown'} on ${labels.server ?? 'unknown'}`
    counts.set(group, (counts.get(group) ?? 0) + value)
  }
  const told = [...counts].filter(([, count]) => count > 0).toSorted((a, b) => b[1] - a[1])
  if (told.length === 0) return skipped('no refusal or error has been reported to it')
  const groups = told.slice(0, NAMED).map(([group, count]) => `${count} × ${group}`)
  return skipped(`since it started: ${groups.join(', ')}`)
}
