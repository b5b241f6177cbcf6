import type { Severity } from '../catalogue/condition.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { State, Verdict } from '../catalogue/result.ts'
import {
  type CurrentResult,
  currentResults,
  type ShownCheck,
  type Snapshot,
  staleAfterMs,
} from '../metrics/current-results.ts'

/** A check that can be shown to a reader. */
export interface TitledCheck extends ShownCheck {
  readonly title: string
}

/** `waiting`: before the first run. */
export type RowState = State | 'waiting'

/** One check on one target, as a reader needs it. Times are milliseconds since the epoch. */
export interface StatusRow {
  readonly check: CheckId
  readonly title: string
  readonly target: string
  readonly state: RowState
  /** What is wrong, or why it is not known; null when the state says all. */
  readonly detail: string | null
  readonly offenders: number | null
  readonly since: number | null
  readonly lastRunAt: number | null
}

const GRAVITY: Readonly<Record<Severity, number>> = { critical: 0.1, warning: 0.2, info: 0.3 }
const ORDER: Readonly<Record<RowState, number>> = { fail: 0, error: 1, waiting: 2, skipped: 3, pass: 4 }

/** Among failures, the gravest first. */
function orderOf({ last }: CurrentResult<TitledCheck>): number {
  if (last === undefined) return ORDER.waiting
  const { verdict } = last
  return verdict.state === 'fail' ? GRAVITY[verdict.severity] : ORDER[verdict.state]
}

/** The worst first; equals stay in the order of the configuration. */
export function statusRows(snapshot: Snapshot<TitledCheck>): readonly StatusRow[] {
  return currentResults(snapshot)
    .map((current) => ({ row: toRow(current, snapshot), order: orderOf(current) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ row }) => row)
}

function toRow({ check, target, last }: CurrentResult<TitledCheck>, snapshot: Snapshot): StatusRow {
  const row = { check: check.id, title: check.title, target }
  if (last === undefined) {
    return { ...row, state: 'waiting', detail: null, offenders: null, since: null, lastRunAt: null }
  }
  const { result, verdict } = last
  const { staleAfter = staleAfterMs } = snapshot
  const stale = verdict !== result.verdict
  return {
    ...row,
    state: verdict.state,
    detail: detailOf(verdict),
    offenders: ('values' in verdict ? verdict.values.offenders : null) ?? null,
    since: stale ? Math.min(result.startedAt + staleAfter(check.every), snapshot.now) : result.stateSince,
    lastRunAt: result.startedAt,
  }
}

function detailOf(verdict: Verdict): string | null {
  switch (verdict.state) {
    case 'pass':
      return null
    case 'fail':
      return `${verdict.summary} (${verdict.severity})`
    case 'error':
      return `${verdict.code}: ${verdict.message}`
    case 'skipped':
      return verdict.reason
  }
}
