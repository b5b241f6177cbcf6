import { seconds } from '../catalogue/duration.ts'
import { everyWhileUnwell } from '../catalogue/look-again.ts'
import type { Unit } from '../scan/plan.ts'
import { everySecond } from './every-second.ts'
import type { Job } from './job.ts'
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
  const { units, targetsOf, clock, onDue } = options
  const begunAt = clock.now()
  const mayStart = ({ startsAfter }: U, now: number): boolean =>
    startsAfter === undefined || now - begunAt >= seconds(startsAfter) * 1000
  const dueOn = dueIn(options)
  const due = (now: number): readonly Job[] =>
    units
      .filter((unit) => mayStart(unit, now))
      .flatMap((unit) => {
        const targets = targetsOf(unit)
        return targets.flatMap((target) => dueOn({ unit, target, targets, now }) ?? [])
      })
  return everySecond(() => {
    const jobs = due(clock.now())
    if (jobs.length > 0) onDue(jobs)
  })
}

/** What was found when a unit and a target were looked at before. */
interface Place {
  readonly ticks: Ticks
  readonly isUnwell: boolean
  /** The last tick that was due. */
  readonly last: number
}

/** Answers which job is due, once for each tick. A thousand targets are looked at every second, so that it is cheap. */
function dueIn<U extends Timed>({ isUnwell, units }: ClockOptions<U>) {
  const places = new Map(units.map(({ id }) => [id, new Map<string, Place>()]))
  return (options: {
    readonly unit: U
    readonly target: string
    readonly targets: readonly string[]
    readonly now: number
  }): Job | undefined => {
    const { unit, target, now } = options
    const place = places.get(unit.id)?.get(target)
    const unwell = everyWhileUnwell(unit.every) !== unit.every && isUnwell(unit, target)
    // Ticks are the same until the next one.
    if (place?.isUnwell === unwell && place.ticks.tick <= now && now < place.ticks.next) return undefined
    const ticks = ticksAround({ ...options, every: unit.every, isUnwell: unwell })
    const last = place?.last
    const isNew = last === undefined || isAfter(last, ticks)
    places.get(unit.id)?.set(target, { ticks, isUnwell: unwell, last: isNew ? ticks.tick : last })
    const isLeftOut = last === undefined && isSoonAgain(unit, ticks.next - now)
    return isNew && !isLeftOut ? { target, unit: unit.id, tick: ticks.tick } : undefined
  }
}

/**
 * Taking over the common time can set the clock back a little, and no tick may come twice by that. A clock that is set
 * back by more was wrong before. What has got well goes back to its interval's own tick, which is no step back.
 */
function isAfter(last: number, { tick, next }: Ticks): boolean {
  return tick > last || last > next
}

/** A worker that has just started leaves out the round that was due when the next one is nearly here. */
function isSoonAgain({ kind, every }: Timed, untilNext: number): boolean {
  return kind === 'probe' && untilNext < APART_MS && seconds(every) * 1000 > 2 * APART_MS
}
