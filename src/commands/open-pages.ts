import type { CheckId } from '../catalogue/naming.ts'
import type { Config } from '../config/load.ts'
import { eventWindow } from '../http/event-window.ts'
import type { PageSources } from '../http/pages/page-sources.ts'
import { type Place, RUNS_KEPT, runHistory } from '../http/run-history.ts'
import type { Snapshot } from '../metrics/current-results.ts'
import type { LatestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import type { StoredFinding } from '../results/stored-result.ts'
import type { WaiverBook } from '../results/waiver-book.ts'
import { withDeadline } from '../schedule/deadline.ts'
import { nextRunAt } from '../schedule/next-run.ts'
import type { SharedClock } from '../schedule/shared-clock.ts'
import { unwellIn } from '../schedule/unwell-in.ts'
import type { WorkerStatus } from '../schedule/worker-status.ts'
import type { Events } from './open-events.ts'
import type { Watched } from './open-watched.ts'

/** A person waits for the page. */
const FINDINGS_MS = 1_000
const MOST_FINDINGS = 200

export interface PagesOptions {
  readonly config: Config
  readonly watched: Pick<Watched, 'units' | 'targetsOf'>
  readonly store: Pick<StateStore, 'findings' | 'recentRuns'>
  readonly latest: LatestResults
  readonly waivers: Pick<WaiverBook, 'waiverOf'>
  readonly events: Events
  readonly clock: SharedClock
  readonly status: WorkerStatus
  readonly worker: string
}

/** What the pages show of a worker. `observe` is to be called when there is something new. */
export function openPages(options: PagesOptions): {
  readonly sources: PageSources
  readonly observe: () => void
} {
  const { config, watched, store, latest, waivers, events, clock, status, worker } = options
  const { units, targetsOf } = watched
  const startedAt = clock.now()
  const runs = runHistory()
  const lately = eventWindow(events.totals)
  const recall = once(async () => runs.recall(await store.recentRuns(RUNS_KEPT)))
  const unitOf = new Map(units.flatMap((unit) => unit.checks.map(({ id }) => [id, unit] as const)))
  const isUnwell = unwellIn(latest)
  const next = ({ check, target }: Place): number => {
    const unit = unitOf.get(check)!
    const targets = targetsOf(unit.checks[0]!)
    const at = { now: clock.now(), begunAt: startedAt, isUnwell: isUnwell(unit, target) }
    return nextRunAt({ unit, target, targets, ...at })
  }
  const activity = () => {
    const seen = lately.activity(clock.now())
    return seen === undefined ? { taken: true as const } : { taken: true as const, activity: seen }
  }
  return {
    sources: {
      snapshot: (): Snapshot<Config['checks'][number]> => ({
        ...{ checks: config.checks, targetsOf, results: latest.all(), now: clock.now() },
      }),
      nextRunAt: next,
      history: runs.of,
      waiverOf: waivers.waiverOf,
      events: () => (config.ingestTokens.length === 0 ? { taken: false } : activity()),
      worker: () => ({
        ...{ name: worker, startedAt, status },
        queueBackend: config.redisUrl === null ? 'PostgreSQL' : 'Redis',
      }),
      findings: oneAtATime((check) => store.findings({ check, includeResolved: true, limit: MOST_FINDINGS })),
    },
    observe: () => {
      if (status.stateUp) recall()
      runs.learn(latest.all())
      lately.observe(clock.now())
    },
  }
}

/** Does the work until it has succeeded once; while it is under way, and after, nothing more. */
function once(work: () => Promise<void>): () => void {
  let begun = false
  return () => {
    if (begun) return
    begun = true
    work().catch(() => {
      begun = false
    })
  }
}

/** Pages that are open together, or while the state hangs, share one question for each check. */
function oneAtATime(
  ask: (check: CheckId) => Promise<readonly StoredFinding[]>,
): (check: CheckId) => Promise<readonly StoredFinding[]> {
  const underWay = new Map<CheckId, Promise<readonly StoredFinding[]>>()
  return (check) => {
    const asked = underWay.get(check) ?? ask(check).finally(() => underWay.delete(check))
    underWay.set(check, asked)
    return withDeadline(asked, FINDINGS_MS, 'asking for findings')
  }
}
