import type { Duration } from './duration.ts'

/** The gravest first. `critical` calls somebody at once; the others are tickets. */
const severities = ['critical', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]

/** For sorting. Of equals, what came first stays first. */
export function gravestFirst(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b)
}

/** One comparison of a number that a check reports. */
export interface Clause<M extends string = string> {
  readonly metric: M
  readonly is: 'above' | 'below'
  readonly threshold: number
}

/** All clauses must hold. A check fails when any of its conditions holds. */
export interface Condition<M extends string = string> {
  readonly severity: Severity
  readonly when: readonly [Clause<M>, ...Clause<M>[]]
  /** How long it must hold before somebody is told. The CLI judges at once. */
  readonly for: Duration
  /** What is true when it holds, as a sentence without numbers that change. */
  readonly summary: string
}

/** A number a check measured; null when there was nothing to measure, such as the oldest of no rows. */
export type Values = Readonly<Record<string, number | null>>

function holdsClause({ metric, is, threshold }: Clause, values: Values): boolean {
  const value = values[metric]
  if (value === null || value === undefined || Number.isNaN(value)) return false
  return is === 'above' ? value > threshold : value < threshold
}

/** Whether every clause holds for these values. What was not measured holds nothing. */
export function holds(condition: Condition, values: Values): boolean {
  return condition.when.every((clause) => holdsClause(clause, values))
}

/** The most severe condition that holds, or undefined when the check passes. */
export function worst(conditions: readonly Condition[], values: Values): Condition | undefined {
  return conditions
    .filter((condition) => holds(condition, values))
    .toSorted((a, b) => gravestFirst(a.severity, b.severity))[0]
}
