import { createHash } from 'node:crypto'
import { type Duration, milliseconds } from '../catalogue/duration.ts'
import { everyWhileUnwell } from '../catalogue/look-again.ts'

/** The latest tick at or before `now` of an interval whose ticks are `phase` after its multiples. All in ms. */
export function tickAt({ now, interval, phase }: { now: number; interval: number; phase: number }): number {
  return Math.floor((now - phase) / interval) * interval + phase
}

/** A target's fixed place within each interval, so that many targets do not all ask their databases at once. */
export function phaseOf(target: string, interval: number): number {
  const hash = createHash('sha256').update(target).digest().readUInt32BE(0)
  return Math.floor((hash / 2 ** 32) * (interval / 1000)) * 1000
}

/** As {@link phaseOf}; one target has nobody to make room for, and whole minutes are easier to read in a log. */
function phaseAmong(options: {
  readonly target: string
  readonly targets: readonly string[]
  readonly interval: number
}): number {
  const { target, targets, interval } = options
  return targets.length === 1 ? 0 : phaseOf(target, interval)
}

/** Ticks of a unit on a target, milliseconds since the epoch. */
export interface Ticks {
  /** The latest at or before now. */
  readonly tick: number
  readonly next: number
}

/**
 * The ticks around `now`. While a check of the unit is unwell there are more of them: each of the interval's own, and
 * every few minutes after it until the next.
 */
export function ticksAround(options: {
  readonly every: Duration
  readonly target: string
  /** All targets of the unit. */
  readonly targets: readonly string[]
  readonly now: number
  readonly isUnwell: boolean
}): Ticks {
  const { every, now, isUnwell } = options
  const interval = milliseconds(every)
  const own = tickAt({ now, interval, phase: phaseAmong({ ...options, interval }) })
  const step = isUnwell ? milliseconds(everyWhileUnwell(every)) : interval
  const tick = own + Math.floor((now - own) / step) * step
  return { tick, next: Math.min(tick + step, own + interval) }
}
