import type { Severity } from '../catalogue/condition.ts'
import type { Duration } from '../catalogue/duration.ts'

/** Where an alert comes from: the database, the servers, real users, or authwatch itself. */
export type View = 'inside' | 'outside' | 'events' | 'self'

/** A series that Prometheus computes and keeps, named `level:metric:operations`. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  /** Absent only where the expression itself looks at five minutes or more. */
  readonly for?: Duration
  /** For what flaps: a person who is called twice in ten minutes about one fault mutes the third call. */
  readonly keepFiringFor?: Duration
  /** `none` calls nobody: the dead man's switch. */
  readonly severity: Severity | 'none'
  readonly team: 'sre' | 'security'
  readonly view: View
  /** Id of the check that it judges. */
  readonly check?: string
  /** A sentence without values, the same for every instance. */
  readonly summary: string
  /** Prometheus' templates may stand in it. */
  readonly description: string
  /** Path of a dashboard, with its variables; Prometheus' templates may stand in it. */
  readonly dashboard: string
}

export interface RuleGroup {
  readonly name: string
  /** Absent: Prometheus' own. */
  readonly interval?: Duration
  readonly rules: readonly (RecordingRule | AlertRule)[]
}

export function isAlert(rule: RecordingRule | AlertRule): rule is AlertRule {
  return 'alert' in rule
}
