import { seconds } from '../catalogue/duration.ts'
import type { Unit } from '../scan/plan.ts'
import { everySecond } from './every-second.ts'
import { type Job, subjectOfJob } from './job.ts'
import type { SharedClock } from './shared-clock.ts'
import { phaseAmong, tickAt } from './tick.ts'

/** What the clock must know of a unit. */
type Timed = Pick<Unit, 'id' | 'every' | 'startsAfter'> & { readonly kind?: Unit['kind'] }

/** Rounds of probes closer together than this meet in one window of better-auth's limit on sign-ins, which is 10 s. */
const APART_MS = 11_000

export interface ClockOptions<U extends Timed = Unit> {
  readonly units: readonly U[]
  /** What a unit runs on: databases, servers, or the fleet. */
  readonly targetsOf: (unit: U) => readonly string[]
  readonly clock: Pick<SharedClock, 'now'>
  /** Called with the jobs that came due; must not throw. */
  readonly onDue: (jobs: readonly Job[]) => void
}

/**
 * Looks once a second which units are due. Ticks are computed, not stored: nothing can be lost by a flush, and a
 * clock that was held up runs the latest tick once instead of all that it missed.
 */
export function startClock<U extends Timed>(options: ClockOptions<U>): Disposable {
  const { units, targetsOf, clock, onDue } = options
  const lastTick = new Map<string, number>()
  const begunAt = clock.now()
  const mayStart = ({ startsAfter }: U, now: number): boolean =>
    startsAfter === undefined || now - begunAt >= seconds(startsAfter) * 1000
  const isNew = (job: Job, interval: number): boolean => {
    const last = lastTick.get(subjectOfJob(job))
    // Taking over the common time can set the clock back a little, and no tick may come twice by that. A clock that is
    // set back by more was wrong before.
    return last === undefined || job.tick > last || last - job.tick > interval
  }
  const due = (now: number): readonly Job[] =>
    units
      .filter((unit) => mayStart(unit, now))
      .flatMap((unit) =>
        targetsOf(unit).flatMap((target, _, targets): readonly Job[] => {
          const interval = seconds(unit.every) * 1000
          const phase = phaseAmong({ target, targets, interval })
          const job = { target, unit: unit.id, tick: tickAt({ now, interval, phase }) }
          if (!isNew(job, interval)) return []
          const isFirst = !lastTick.has(subjectOfJob(job))
          lastTick.set(subjectOfJob(job), job.tick)
          return isFirst && isSoonAgain(unit, job.tick + interval - now) ? [] : [job]
        }),
      )
  return everySecond(() => {
    const jobs = due(clock.now())
    if (jobs.length > 0) onDue(jobs)
  })
}

/** A worker that has just started leaves out the round that was due when the next one is nearly here. */
function isSoonAgain({ kind, every }: Timed, untilNext: number): boolean {
  return kind === 'probe' && untilNext < APART_MS && seconds(every) * 1000 > 2 * APART_MS
}
