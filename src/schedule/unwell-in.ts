import { isUnwell } from '../catalogue/look-again.ts'
import type { LatestResults } from '../results/latest-results.ts'
import type { Unit } from '../scan/plan.ts'

/** Answers whether a check of a unit failed on a target when it was last run, by whichever worker, or could not look. */
export function unwellIn(latest: Pick<LatestResults, 'stateOf'>) {
  return ({ checks }: Pick<Unit, 'checks'>, target: string): boolean =>
    checks.some(({ id }) => {
      const state = latest.stateOf({ check: id, target })
      return state !== undefined && isUnwell(state)
    })
}
