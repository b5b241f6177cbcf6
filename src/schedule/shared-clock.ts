/**
 * One clock for all workers: the state database's, carried forward by the monotonic timer. A worker whose wall
 * clock is wrong or steps still ticks when the others do.
 */
export interface SharedClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Takes over the state database's time, read just now. */
  sync(databaseNow: number): void
  /** This machine's wall clock minus the shared clock, seconds; 0 until the first sync. */
  offsetSeconds(): number
}

export interface ClockSource {
  wall(): number
  /** Never steps; milliseconds from any origin. */
  monotonic(): number
}

const systemClock: ClockSource = { wall: Date.now, monotonic: () => performance.now() }

export function sharedClock(source: ClockSource = systemClock): SharedClock {
  let base = source.wall() - source.monotonic()
  let synced = false
  const now = () => Math.round(base + source.monotonic())
  return {
    now,
    sync: (databaseNow) => {
      base = databaseNow - source.monotonic()
      synced = true
    },
    offsetSeconds: () => (synced ? (source.wall() - now()) / 1000 : 0),
  }
}
