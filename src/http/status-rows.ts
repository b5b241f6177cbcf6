import { groupBy } from '../catalogue/group-by.ts'
import { type CheckId, subjectOf } from '../catalogue/naming.ts'
import { detailOf, type State, type Verdict } from '../catalogue/result.ts'
import {
  type CurrentResult,
  currentResults,
  type Snapshot,
  staleAfterMs,
} from '../metrics/current-results.ts'
import type { PageCheck } from './pages/page-sources.ts'

/** `waiting`: before the first run. `stale`: the last result is too old to say anything, as the alert has it. */
export type RowState = State | 'waiting' | 'stale'

/** How bad a row is, and the name of its colour. A failure has that of its severity. */
export type Gravity = 'critical' | 'warning' | 'info' | 'error' | 'stale' | 'waiting' | 'skipped' | 'pass'

/** The worst first. What is not known comes before what is only worth knowing. */
const RANK: Readonly<Record<Gravity, number>> = {
  critical: 0,
  warning: 1,
  error: 2,
  stale: 3,
  info: 4,
  waiting: 5,
  skipped: 6,
  pass: 7,
}

/** One check on one target, as a reader needs it. Times are milliseconds since the epoch. */
export interface StatusRow {
  readonly check: PageCheck
  readonly id: CheckId
  readonly target: string
  readonly state: RowState
  readonly gravity: Gravity
  /** As it may be shown now; undefined before the first run. */
  readonly verdict: Verdict | undefined
  /** What is wrong, or why it is not known; null when the state says all. */
  readonly detail: string | null
  readonly offenders: number | null
  readonly since: number | null
  readonly lastRunAt: number | null
  readonly lastSuccessAt: number | null
  readonly tookMs: number | null
}

/** The worst first; equals stay in the order of the configuration. */
export function statusRows(snapshot: Snapshot<PageCheck>): readonly StatusRow[] {
  return currentResults(snapshot)
    .map((current) => toRow(current, snapshot))
    .toSorted((a, b) => RANK[a.gravity] - RANK[b.gravity])
}

/** The gravest of these rows; undefined of none. */
export function worstOf(rows: readonly StatusRow[]): Gravity | undefined {
  const [first, ...others] = rows.map(({ gravity }) => gravity)
  return others.reduce((worst, each) => (worst && RANK[each] < RANK[worst] ? each : worst), first)
}

/** Rows that a person should look at: what fails, and what is not known though it should be. */
export function needsLook({ gravity }: StatusRow): boolean {
  return RANK[gravity] <= RANK.info
}

/** By subject, that of the worst row first, since the rows are in that order. */
export function bySubject(rows: readonly StatusRow[]): ReadonlyMap<string, readonly StatusRow[]> {
  return groupBy(rows, ({ id }) => subjectOf(id))
}

function toRow({ check, target, last }: CurrentResult<PageCheck>, snapshot: Snapshot): StatusRow {
  const place = { check, id: check.id, target }
  if (last === undefined) {
    const never = { since: null, lastRunAt: null, lastSuccessAt: null, tookMs: null }
    const waiting = { state: 'waiting', gravity: 'waiting', verdict: undefined } as const
    return { ...place, ...waiting, detail: null, offenders: null, ...never }
  }
  const { result, verdict } = last
  const { staleAfter = staleAfterMs } = snapshot
  const isStale = verdict !== result.verdict
  const staleSince = Math.min(result.startedAt + staleAfter(check.every), snapshot.now)
  return {
    ...place,
    state: isStale ? 'stale' : verdict.state,
    gravity: isStale ? 'stale' : gravityOf(verdict),
    verdict,
    detail: isStale ? staleDetail(result.verdict.state) : detailOf(verdict),
    offenders: ('values' in verdict ? verdict.values.offenders : null) ?? null,
    since: isStale ? staleSince : result.stateSince,
    lastRunAt: result.startedAt,
    lastSuccessAt: result.lastSuccessAt,
    tookMs: result.durationMs,
  }
}

function gravityOf(verdict: Verdict): Gravity {
  return verdict.state === 'fail' ? verdict.severity : verdict.state
}

const staleDetail = (state: State): string =>
  `No run has ended for three intervals. The last verdict, ${state}, says nothing of now.`
