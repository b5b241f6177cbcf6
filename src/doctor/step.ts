import type { Severity } from '../catalogue/condition.ts'

/** One thing a deployment needs to be in good health, and how it is. Free of secrets and of row contents. */
export type Step = {
  /** Stable, such as `state.migrations`; with the name of a database or server where there may be several. */
  readonly id: string
  /** What was seen, as a sentence without a full stop. */
  readonly seen: string
} & (
  | { readonly state: 'pass' }
  /** Not configured, or not asked for. */
  | { readonly state: 'skipped' }
  | { readonly state: 'fail'; readonly severity: Severity; readonly advice: string }
  /** Could not look. */
  | { readonly state: 'unknown'; readonly advice: string }
)

export const passed = (id: string, seen: string): Step => ({ id, seen, state: 'pass' })
export const skipped = (id: string, seen: string): Step => ({ id, seen, state: 'skipped' })
export const unknown = (id: string, seen: string, advice: string): Step => ({
  id,
  seen,
  advice,
  state: 'unknown',
})

export function failing(
  id: string,
  severity: Severity,
  told: { readonly seen: string; readonly advice: string },
): Step {
  return { id, ...told, severity, state: 'fail' }
}
