import { seconds } from '../catalogue/duration.ts'
import type { Unit } from '../scan/plan.ts'
import { everySecond } from './every-second.ts'
import { type Job, subjectOfJob } from './job.ts'
import type { SharedClock } from './shared-clock.ts'
import { type Ticks, ticksAround } from './tick.ts'

/** What the clock must know of a unit. */
type Timed = Pick<Unit, 'id' | 'every' | 'startsAfter'> & { readonly kind?: Unit['kind'] }

/** Rounds of probes closer together than this meet in one window of better-auth's limit on sign-ins, which is 10 s. */
const APART_MS = 11_000

export interface ClockOptions<U extends Timed = Unit> {
  readonly units: readonly U[]
  /** What a unit runs on: databases, servers, or the fleet. */
  readonly targetsOf: (unit: U) => readonly string[]
  readonly clock: Pick<SharedClock, 'now'>
  /** Whether a check of the unit failed on the target when it was last run, or could not look: then it is run more often. */
  readonly isUnwell: (unit: U, target: string) => boolean
  /** Called with the jobs that came due; must not throw. */
  readonly onDue: (jobs: readonly Job[]) => void
}

/**
 * Looks once a second which units are due. Ticks are computed, not stored: nothing can be lost by a flush, and a
 * clock that was held up runs the latest tick once instead of all that it missed.
 */
export function startClock<U extends Timed>(options: ClockOptions<U>): Disposable {
  const { units, targetsOf, clock, isUnwell, onDue } = options
  const lastTick = new Map<string, number>()
  const begunAt = clock.now()
  const mayStart = ({ startsAfter }: U, now: number): boolean =>
    startsAfter === undefined || now - begunAt >= seconds(startsAfter) * 1000
  const isNew = (job: Job, { tick, next }: Ticks): boolean => {
    const last = lastTick.get(subjectOfJob(job))
    // Taking over the common time can set the clock back a little, and no tick may come twice by that. A clock that is
    // set back by more was wrong before. What has got well goes back to its interval's own tick, which is no step back.
    return last === undefined || tick > last || last > next
  }
  const ticksOf = remembered((unit: U, target: string, now: number, unwell: boolean) =>
    ticksAround({ ...unit, target, targets: targetsOf(unit), now, isUnwell: unwell }),
  )
  const due = (now: number): readonly Job[] =>
    units
      .filter((unit) => mayStart(unit, now))
      .flatMap((unit) =>
        targetsOf(unit).flatMap((target): readonly Job[] => {
          const ticks = ticksOf(unit, target, now, isUnwell(unit, target))
          const job = { target, unit: unit.id, tick: ticks.tick }
          if (!isNew(job, ticks)) return []
          const isFirst = !lastTick.has(subjectOfJob(job))
          lastTick.set(subjectOfJob(job), job.tick)
          return isFirst && isSoonAgain(unit, ticks.next - now) ? [] : [job]
        }),
      )
  return everySecond(() => {
    const jobs = due(clock.now())
    if (jobs.length > 0) onDue(jobs)
  })
}

/** Ticks are the same until the next one, and a thousand targets are looked at every second. */
function remembered<U extends Timed>(
  compute: (unit: U, target: string, now: number, isUnwell: boolean) => Ticks,
): typeof compute {
  const known = new Map<string, Ticks & { readonly isUnwell: boolean }>()
  return (unit, target, now, isUnwell) => {
    const subject = subjectOfJob({ unit: unit.id, target })
    const last = known.get(subject)
    if (last !== undefined && last.isUnwell === isUnwell && last.tick <= now && now < last.next) return last
    const ticks = { ...compute(unit, target, now, isUnwell), isUnwell }
    known.set(subject, ticks)
    return ticks
  }
}

/** A worker that has just started leaves out the round that was due when the next one is nearly here. */
function isSoonAgain({ kind, every }: Timed, untilNext: number): boolean {
  return kind === 'probe' && untilNext < APART_MS && seconds(every) * 1000 > 2 * APART_MS
}
