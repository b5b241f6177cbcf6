import { createHash } from 'node:crypto'

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
export function phaseAmong(options: {
  readonly target: string
  readonly targets: readonly string[]
  readonly interval: number
}): number {
  const { target, targets, interval } = options
  return targets.length === 1 ? 0 : phaseOf(target, interval)
}
