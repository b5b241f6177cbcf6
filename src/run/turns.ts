import pLimit from 'p-limit'

/**
 * What took longer than this, in milliseconds, is long: to the application such a statement is a processor less. With a
 * second in its place its look-ups were slowed twice as much in the median (docs/benchmarks.md).
 */
const LONG_MS = 250

/** Who may ask a database now. Whoever holds a turn must not wait for another. */
export interface Turns {
  /** Waits for a free connection and, with what was long the last time, until nothing else that was long is at work. */
  take<T>(unit: string, work: () => Promise<T>): Promise<T>
  /** How long a unit took once it had its turn, in milliseconds. Of one that failed it says nothing. */
  tookMs(unit: string, milliseconds: number): void
}

/**
 * Turns at a database of so many connections. One long pass at a time leaves the application all processors but one,
 * and the other connections to what takes milliseconds.
 */
export function turns(connections: number): Turns {
  const connection = pLimit(connections)
  const longOnes = pLimit(1)
  const long = new Set<string>()
  return {
    take: (unit, work) => (long.has(unit) ? longOnes(() => connection(work)) : connection(work)),
    tookMs: (unit, milliseconds) => {
      if (milliseconds > LONG_MS) long.add(unit)
      else long.delete(unit)
    },
  }
}
