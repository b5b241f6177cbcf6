import type { Severity, Values } from './condition.ts'
import type { CheckId } from './naming.ts'

/** One offender. `key` is the offender's own id: the same row has the same key on every run. */
export interface Finding {
  readonly key: string
  readonly detail: Readonly<Record<string, string | null>>
}

/** Why nothing could be measured. Stable: exported as a label and asserted by tests. */
export type ErrorCode =
  | 'ERR_TIMEOUT'
  | 'ERR_LOCKED'
  | 'ERR_UNREACHABLE'
  | 'ERR_CREDENTIALS'
  | 'ERR_PERMISSION'
  | 'ERR_SCHEMA'
  | 'ERR_QUERY'
  | 'ERR_RATE_LIMITED'
  | 'ERR_CAPTCHA'
  | 'ERR_REPLAY_LAG'
  | 'ERR_STALE'
  | 'ERR_INTERNAL'

export const states = ['pass', 'fail', 'error', 'skipped'] as const
export type State = (typeof states)[number]

/** What a run of one check came to. Only `pass` and `fail` carry numbers: "could not look" is not "nothing wrong". */
export type Verdict =
  | {
      readonly state: 'pass'
      readonly values: Values
      /** Offenders that somebody waived: in no number but `values.waived`. Absent when there is no waiver. */
      readonly waived?: readonly Finding[]
    }
  | {
      readonly state: 'fail'
      readonly values: Values
      readonly severity: Severity
      /** The summary of the most severe condition that holds. */
      readonly summary: string
      /** A sample, capped; `values.offenders` is the full count. */
      readonly findings: readonly Finding[]
      /** As of `pass`. */
      readonly waived?: readonly Finding[]
    }
  | {
      readonly state: 'error'
      readonly code: ErrorCode
      readonly message: string
      /** Of ERR_INTERNAL, in the process that met it: kind and place of what was thrown, for its log. Never stored. */
      readonly trace?: string
    }
  | { readonly state: 'skipped'; readonly reason: string }

/** A verdict with its place and time. Times are milliseconds since the epoch on the worker's clock. */
export interface Result {
  readonly check: CheckId
  readonly target: string
  readonly startedAt: number
  readonly durationMs: number
  readonly verdict: Verdict
}

/** What is wrong, or why it is not known, as a sentence; null when the state says all. */
export function detailOf(verdict: Verdict): string | null {
  switch (verdict.state) {
    case 'pass':
      return null
    case 'fail':
      return verdict.summary
    case 'error':
      return `${verdict.code}: ${verdict.message}`
    case 'skipped':
      return verdict.reason
  }
}
