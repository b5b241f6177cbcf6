import type { Unit } from '../scan/plan.ts'
import type { Job } from './job.ts'
import { ticksAround } from './tick.ts'

/**
 * What to run in place of a job that is handed out late: of its unit and target the newest tick that is due by now.
 * The job itself while none is newer, also when this worker's clock is behind.
 */
export function newestDue(options: {
  readonly job: Job
  readonly unit: Pick<Unit, 'every'>
  /** All targets of the unit. */
  readonly targets: readonly string[]
  /** The time that all workers share, milliseconds since the epoch. */
  readonly now: number
  /** Whether a check of the unit failed on the target, or could not look. */
  readonly isUnwell: boolean
}): Job {
  const { job, unit } = options
  const { tick } = ticksAround({ ...options, every: unit.every, target: job.target })
  return tick > job.tick ? { ...job, tick } : job
}
