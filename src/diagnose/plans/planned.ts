import type { CheckId } from '../../catalogue/naming.ts'

/** The parts of a deployment of authwatch that can be looked at by themselves. */
export type BackendName = 'worker' | 'state' | 'queue' | 'databases' | 'clock'

/** What is looked at for an alert. */
export type Planned =
  /** A check or probe, run now. */
  | { readonly check: CheckId }
  /** The check that the alert's label `check` names, or the probe that `probe` does. */
  | { readonly labelled: 'check' | 'probe' }
  | { readonly backend: BackendName }
  /** A number that the worker exports: wrong when any of its samples is beyond the limit. */
  | { readonly metric: MetricLook }
  /** What the worker has counted of an operation since it started, by outcome and reason. */
  | { readonly events: RegExp }
  /** What authwatch cannot see. */
  | { readonly byHand: string }

/** How a number that the worker exports is judged. */
export interface MetricLook {
  /** Of the metric, as exported. */
  readonly name: string
  readonly question: string
  readonly wrong: 'below' | 'above'
  /** In the metric's unit. */
  readonly limit: number
  /** What to do when it is wrong. */
  readonly say: string
}

export const check = (...ids: readonly CheckId[]): readonly Planned[] => ids.map((id) => ({ check: id }))
export const byHand = (say: string): Planned => ({ byHand: say })
export const backends = (...names: readonly BackendName[]): readonly Planned[] =>
  names.map((backend) => ({ backend }))
export const metric = (look: MetricLook): Planned => ({ metric: look })
