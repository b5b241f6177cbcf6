import type { CheckMeta } from '../../catalogue/check.ts'
import type { CheckId } from '../../catalogue/naming.ts'
import type { ShownCheck, Snapshot } from '../../metrics/current-results.ts'
import type { StoredFinding } from '../../results/stored-result.ts'
import type { Offender, Waiver } from '../../results/waiver.ts'
import type { WorkerStatus } from '../../schedule/worker-status.ts'
import type { EventActivity } from '../event-window.ts'
import type { PastRun, Place } from '../run-history.ts'

/** A check that can be shown to a reader. */
export interface PageCheck extends ShownCheck, Pick<CheckMeta, 'title' | 'timeout' | 'alerts'> {}

/** The worker that answers. */
export interface WorkerView {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly queueBackend: string
  readonly status: WorkerStatus
}

export type EventsView =
  /** Servers cannot report to this worker. */
  | { readonly taken: false }
  /** Without activity: the totals were not read yet. */
  | { readonly taken: true; readonly activity?: EventActivity }

/** Everything the pages show. All of it reads memory only, but for `findings`. */
export interface PageSources {
  snapshot(): Snapshot<PageCheck>
  /** Milliseconds since the epoch. */
  nextRunAt(place: Place): number
  history(place: Place): readonly PastRun[]
  events(): EventsView
  /** The waiver that leaves an offender out now, from memory. */
  waiverOf(offender: Offender): Pick<Waiver, 'by' | 'reason' | 'until'> | undefined
  worker(): WorkerView
  /** Offenders of a check with their life, last seen first. Rejects within about a second when the state does not answer. */
  findings(check: CheckId): Promise<readonly StoredFinding[]>
}
