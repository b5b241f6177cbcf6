import type { Severity, Values } from '../catalogue/condition.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { ErrorCode, State } from '../catalogue/result.ts'
import { StateError } from './state-error.ts'
import type { StoredFinding, StoredResult, StoredVerdict } from './stored-result.ts'

/** A row as `read-changes` selects it. What belongs to which state is a constraint of the table. */
export interface ResultRow {
  readonly target: string
  readonly check_id: string
  readonly state: string
  readonly severity: string | null
  readonly summary: string | null
  readonly code: string | null
  readonly message: string | null
  readonly reason: string | null
  readonly values: unknown
  readonly started_at: number
  readonly duration_ms: number
  readonly state_since: number
  readonly last_success_at: number | null
  readonly runs: Partial<Readonly<Record<State, number>>> | null
  readonly findings: readonly SampleRow[] | null
}

interface SampleRow {
  readonly key: string
  readonly detail: StoredFinding['detail']
  readonly first_seen: number
  readonly last_seen: number
  readonly reopened: number
}

export function toStoredResult(row: ResultRow): StoredResult {
  return {
    check: row.check_id as CheckId,
    target: row.target,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    verdict: toVerdict(row),
    stateSince: row.state_since,
    lastSuccessAt: row.last_success_at,
    runs: { pass: 0, fail: 0, error: 0, skipped: 0, ...row.runs },
  }
}

function toVerdict(row: ResultRow): StoredVerdict {
  switch (row.state) {
    case 'pass':
      return { state: 'pass', values: row.values as Values }
    case 'fail':
      return {
        state: 'fail',
        values: row.values as Values,
        severity: row.severity as Severity,
        summary: row.summary ?? '',
        findings: (row.findings ?? []).map((finding) => toFinding(row, finding)),
      }
    case 'error':
      return { state: 'error', code: row.code as ErrorCode, message: row.message ?? '' }
    case 'skipped':
      return { state: 'skipped', reason: row.reason ?? '' }
    default:
      throw new StateError('ERR_STATE_NEWER', `a newer authwatch stored a result in state ${row.state}`)
  }
}

function toFinding(row: ResultRow, finding: SampleRow): StoredFinding {
  const { key, detail, first_seen, last_seen, reopened } = finding
  return {
    check: row.check_id as CheckId,
    target: row.target,
    key,
    detail,
    firstSeen: first_seen,
    lastSeen: last_seen,
    resolvedAt: null,
    reopened,
  }
}
