import { milliseconds } from '../catalogue/duration.ts'
import type { Unit } from '../scan/plan.ts'
import { phaseAmong, tickAt } from './tick.ts'

/** When a worker's clock hands out the next run of a unit on a target, in milliseconds since the epoch. */
export function nextRunAt(options: {
  readonly unit: Pick<Unit, 'every' | 'startsAfter'>
  readonly target: string
  /** All targets of the unit. */
  readonly targets: readonly string[]
  readonly now: number
  /** When the worker started. */
  readonly begunAt: number
}): number {
  const { unit, target, targets, now, begunAt } = options
  const first = begunAt + (unit.startsAfter === undefined ? 0 : milliseconds(unit.startsAfter))
  if (now < first) return first
  const interval = milliseconds(unit.every)
  return tickAt({ now, interval, phase: phaseAmong({ target, targets, interval }) }) + interval
}
