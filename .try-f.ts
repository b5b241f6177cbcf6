import { createHttpApp } from './src/http/create-http-app.ts'
import { listen } from './src/http/listen.ts'
import { checks } from './src/checks/index.ts'
import { checkMetrics } from './src/metrics/check-metrics.ts'
import { validUntil } from './src/metrics/current-results.ts'
import { preparedMetrics } from './src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from './src/metrics/process-metrics.ts'
const pm = openProcessMetrics({ version: '0.1.0' })
const now = Date.now()
const results = [
 { check: checks[0]!.id, target: 'crm', startedAt: now - 5000, durationMs: 12, stateSince: now - 3600e3, lastSuccessAt: now-5000, runs: { pass: 3, fail: 1, error: 0, skipped: 0 }, verdict: { state: 'fail' as const, values: { offenders: 12000, active: 3, expired: 12000, oldest: 86400.5 }, severity: 'warning' as const, summary: 'Expired sessions pile up <b>', findings: [] } },
 { check: checks[1]!.id, target: 'crm', startedAt: now - 500000, durationMs: 12, stateSince: now - 3600e3, lastSuccessAt: now-5000, runs: { pass: 3, fail: 1, error: 0, skipped: 0 }, verdict: { state: 'pass' as const, values: { offenders: 0 } } },
]
const snap = (now: number) => ({ checks, targets: ['crm', 'portal'], results, now })
const metrics = preparedMetrics({ workerMetrics: () => [{ name: 'authwatch_state_up', help: 'x', type: 'gauge', samples: [{ labels: {}, value: 1 }] }], processMetrics: () => pm.families(), clock: Date.now })
metrics.prepare((now) => ({ families: checkMetrics(snap(now)), validUntil: validUntil(snap(now)) }))
const app = createHttpApp({ version: '0.1.0', metrics, notReady: () => ['no results yet'], snapshot: () => snap(Date.now()), countRequest: pm.countRequest, report: console.error, runbook: 'https://x.test/runbook' })
await using s = await listen(app, { port: 19464 })
console.log(s.url)
await new Promise((r) => setTimeout(r, Number(process.argv[2] ?? 8000)))
