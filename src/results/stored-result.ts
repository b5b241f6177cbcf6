import type { CheckId } from '../catalogue/naming.ts'
import type { Finding, Result, State, Verdict } from '../catalogue/result.ts'

/** A finding with its life. Times are milliseconds since the epoch. */
export interface StoredFinding extends Finding {
  readonly check: CheckId
  readonly target: string
  readonly firstSeen: number
  readonly lastSeen: number
  readonly resolvedAt: number | null
  /** How often it came back after it was resolved. */
  readonly reopened: number
}

type Failed = Extract<Verdict, { state: 'fail' }>

/** A verdict whose sample of offenders knows since when each is one. */
export type StoredVerdict =
  | Exclude<Verdict, Failed>
  | (Omit<Failed, 'findings'> & { readonly findings: readonly StoredFinding[] })

/** The latest result of one check on one target, with what only memory of earlier runs can tell. */
export interface StoredResult extends Result {
  readonly verdict: StoredVerdict
  /** When the present state began. */
  readonly stateSince: number
  /** Start of the last run that ended in `pass` or `fail`; null when none ever did. */
  readonly lastSuccessAt: number | null
  /** Runs ever, by how they ended. */
  readonly runs: Readonly<Record<State, number>>
}
