import type { CheckId } from '../../../src/catalogue/naming.ts'
import type { PageCheck, PageSources } from '../../../src/http/pages/page-sources.ts'
import { runHistory } from '../../../src/http/run-history.ts'
import type { Snapshot } from '../../../src/metrics/current-results.ts'
import { workerStatus } from '../../../src/schedule/worker-status.ts'

/** What the pages of a worker show that knows these results and nothing else. */
export function pageSources(
  shown: Omit<Snapshot<PageCheck>, 'now'>,
  others: Partial<PageSources> = {},
): PageSources {
  const runs = runHistory()
  runs.learn(shown.results)
  return {
    snapshot: () => ({ ...shown, now: Date.now() }),
    nextRunAt: () => Date.now() + 42_000,
    history: runs.of,
    waiverOf: () => undefined,
    events: () => ({ taken: false }),
    worker: () => ({
      ...{ name: 'worker-1', startedAt: Date.now() - 60_000, queueBackend: 'Redis' },
      status: workerStatus(),
    }),
    findings: async () => [],
    ...others,
  }
}

export const nothing = { checks: [], targetsOf: () => [], results: [] } as const

/** A check as far as pages know one. */
export function pageCheck(id: CheckId, more: Partial<PageCheck> = {}): PageCheck {
  const alerts = { none: 'a test needs none' }
  return { id, title: `About ${id}`, every: '1m', timeout: '10s', alerts, ...more }
}
