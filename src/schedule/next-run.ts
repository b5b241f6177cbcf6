import { milliseconds } from '../catalogue/duration.ts'
import type { Unit } from '../scan/plan.ts'
import { ticksAround } from './tick.ts'

/** When a worker's clock hands out the next run of a unit on a target, in milliseconds since the epoch. */
export function nextRunAt(options: {
  readonly unit: Pick<Unit, 'every' | 'startsAfter'>
  readonly target: string
  /** All targets of the unit. */
  readonly targets: readonly string[]
  readonly now: number
  /** When the worker started. */
  readonly begunAt: number
  /** Whether a check of the unit failed on the target, or could not look. */
  readonly isUnwell: boolean
}): number {
  const { unit, now, begunAt } = options
  const first = begunAt + (unit.startsAfter === undefined ? 0 : milliseconds(unit.startsAfter))
  return now < first ? first : ticksAround({ ...options, every: unit.every }).next
}
