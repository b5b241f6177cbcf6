import type { Severity } from '../../catalogue/condition.ts'
import type { State } from '../../catalogue/result.ts'
import type { Outcome } from '../../events/vocabulary.ts'

/** Grafana's names of the colours that mean something. The same thing has the same colour on every board. */
export const colours = {
  good: 'green',
  notice: 'blue',
  warning: 'orange',
  bad: 'red',
  unknown: 'purple',
  /** No data, and what does not apply. */
  absent: '#8e8e8e',
} as const

export const outcomeColours: Readonly<Record<Outcome, string>> = {
  success: colours.good,
  rejected: colours.warning,
  error: colours.bad,
}

/** `error` of a check is not a fault but that nobody could look. */
export const stateColours: Readonly<Record<State, string>> = {
  pass: colours.good,
  fail: colours.bad,
  error: colours.unknown,
  skipped: colours.absent,
}

export const severityColours: Readonly<Record<Severity, string>> = {
  info: colours.notice,
  warning: colours.warning,
  critical: colours.bad,
}
