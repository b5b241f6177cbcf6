import type { Check } from '../../catalogue/check.ts'

/** Of the jobs that the reader chose. What all workers say alike needs no instance: it is aggregated over them. */
export const JOB = 'job=~"$job"'

/** Of the workers that the reader chose: only for what a worker says of itself. */
export const WORKER = 'job=~"$job",instance=~"$instance"'

/** Alerts of ours that fire, but for the one that always does. */
export const FIRING =
  'ALERTS{alertname=~"Authwatch.+",alertname!="AuthwatchWatchdog",alertstate="firing",job=~"$job"}'

/** Ids of checks as one pattern. */
export function anyOf(checks: readonly Check[]): string {
  return checks.map(({ id }) => id.replaceAll('.', '[.]')).join('|')
}

/** Nothing to count is 0, not an empty panel. */
export function orZero(expr: string): string {
  return `${expr} or vector(0)`
}
