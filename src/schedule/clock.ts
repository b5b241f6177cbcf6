import { schedule } from 'node-cron'
import { seconds } from '../catalogue/duration.ts'
import type { Unit } from '../scan/plan.ts'
import { type Job, subjectOfJob } from './job.ts'
import type { SharedClock } from './shared-clock.ts'
import { phaseOf, tickAt } from './tick.ts'

export interface ClockOptions {
  readonly units: readonly Unit[]
  /** What a unit runs on: databases, servers, or the fleet. */
  readonly targetsOf: (unit: Unit) => readonly string[]
  readonly clock: SharedClock
  /** Called with the jobs that came due; must not throw. */
  readonly onDue: (jobs: readonly Job[]) => void
}

/**
 * Looks once a second which units are due. Ticks are computed, not stored: nothing can be lost by a flush, and a
 * clock that was held up runs the latest tick once instead of all that it missed.
 */
export function startClock({ units, targetsOf, clock, onDue }: ClockOptions): Disposable {
  const lastTick = new Map<string, number>()
  const due = (now: number): readonly Job[] =>
    units.flatMap((unit) =>
      targetsOf(unit).flatMap((target, _, { length }): readonly Job[] => {
        const interval = seconds(unit.every) * 1000
        // One target has nobody to make room for, and whole minutes are easier to read in a log.
        const phase = length === 1 ? 0 : phaseOf(target, interval)
        const job = { target, unit: unit.id, tick: tickAt({ now, interval, phase }) }
        if (lastTick.get(subjectOfJob(job)) === job.tick) return []
        lastTick.set(subjectOfJob(job), job.tick)
        return [job]
      }),
    )
  const look = () => {
    const jobs = due(clock.now())
    if (jobs.length > 0) onDue(jobs)
  }
  const task = schedule('* * * * * *', look, {
    timezone: 'UTC',
    noOverlap: true,
    suppressMissedWarning: true,
  })
  look()
  return {
    [Symbol.dispose]: () => {
      void task.destroy()
    },
  }
}
