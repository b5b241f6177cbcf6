import type { DistinctKind, EventLabels, EventStore } from '../results/event-store.ts'
import type { DurationTotal, EventChanges, EventTotal, StoredWindow } from '../results/read-events.ts'
import { estimateDistinct, mergeSketch, SKETCH_REGISTERS } from './distinct-estimate.ts'
import { MINUTE_MS } from './worker-sketches.ts'

/** The minute under way and the four before it. */
const DISTINCT_MINUTES = 5
const TIDY_EVERY_MS = 10 * MINUTE_MS

/**
 * The totals of all workers, as this one last read them. They never go back: while the state database is away they
 * stay, and when it comes back with less than it had (a restored copy) they go on from where they were.
 */
export interface EventTotals {
  /** Learns what was counted since the last time. Throws StateError. */
  sync(): Promise<void>
  /** False until they were read once: what is not known is not 0. */
  known(): boolean
  /** Changes with every change of what follows. */
  version(): number
  /** Every server that ever reported, and the events it gave up. */
  servers(): ReadonlyMap<string, number>
  counts(): readonly EventTotal[]
  durations(): readonly DurationTotal[]
  /** Estimate of the distinct values in the last {@link DISTINCT_MINUTES}. */
  distinct(kind: DistinctKind, now: number): number
}

/** A number that the store tells, and the number shown for it, which only grows. */
interface Growing {
  readonly stored: number
  readonly shown: number
}

/** The same object when nothing changed. */
function grow(known: Growing | undefined, stored: number): Growing {
  if (known?.stored === stored) return known
  return { stored, shown: (known?.shown ?? 0) + Math.max(0, stored - (known?.stored ?? 0)) }
}

const keyOf = (labels: Partial<EventLabels> & { readonly server: string }): string =>
  `${labels.server} ${labels.operation} ${labels.outcome} ${labels.reason}`

interface GrowingDuration {
  readonly row: DurationTotal
  readonly buckets: readonly Growing[]
  readonly sum: Growing
}

function growDuration(known: GrowingDuration | undefined, row: DurationTotal): GrowingDuration {
  const buckets = row.buckets.map((events, bound) => grow(known?.buckets[bound], events))
  const sum = grow(known?.sum, row.sum)
  const same = known?.sum === sum && buckets.every((each, bound) => each === known.buckets[bound])
  return same ? known : { row, buckets, sum }
}

/** The map tells by itself whether it changed. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): boolean {
  if (map.get(key) === value) return false
  map.set(key, value)
  return true
}

export interface EventTotalsOptions {
  readonly store: EventStore
  /** Milliseconds since the epoch, on the clock that the workers share. */
  readonly now: () => number
}

export function eventTotals({ store, now }: EventTotalsOptions): EventTotals {
  const dropped = new Map<string, Growing>()
  const counts = new Map<string, { readonly row: EventTotal; readonly count: Growing }>()
  const durations = new Map<string, GrowingDuration>()
  let windows: readonly StoredWindow[] = []
  let revision = 0n
  let known = false
  let version = 0
  let tidiedAt = now()

  const putCount = (row: EventTotal): boolean => {
    const known = counts.get(keyOf(row))
    const count = grow(known?.count, row.count)
    return known?.count !== count && put(counts, keyOf(row), { row, count })
  }

  /** Also while an old transaction is open on the server, when rows that did not change are read again and again. */
  const takeIn = (changes: EventChanges): boolean => {
    const changed = [
      ...changes.servers.map((row) => put(dropped, row.server, grow(dropped.get(row.server), row.dropped))),
      ...changes.counts.map(putCount),
      ...changes.durations.map((row) =>
        put(durations, keyOf(row), growDuration(durations.get(keyOf(row)), row)),
      ),
    ]
    const replaced = new Set(changes.windows.map(windowKey))
    const kept = windows.filter((window) => !replaced.has(windowKey(window)) && isRecent(window, now()))
    windows = [...kept, ...changes.windows]
    return changed.includes(true)
  }

  return {
    async sync() {
      const changes = await store.changesSince(revision)
      revision = changes.revision
      if (takeIn(changes) || !known) version += 1
      known = true
      if (Math.abs(now() - tidiedAt) < TIDY_EVERY_MS) return
      tidiedAt = now()
      await store.tidy()
    },
    known: () => known,
    version: () => version,
    servers: () => new Map([...dropped].map(([server, { shown }]) => [server, shown])),
    counts: () => [...counts.values()].map(({ row, count }) => ({ ...row, count: count.shown })),
    durations: () =>
      [...durations.values()].map(({ row, buckets, sum }) => ({
        ...row,
        buckets: buckets.map(({ shown }) => shown),
        sum: sum.shown,
      })),
    distinct: (kind, at) => {
      const sketch = new Uint8Array(SKETCH_REGISTERS)
      for (const window of windows) {
        if (window.kind === kind && isRecent(window, at)) mergeSketch(sketch, window.registers)
      }
      return estimateDistinct(sketch)
    },
  }
}

function windowKey({ kind, start, worker }: StoredWindow): string {
  return `${kind} ${start} ${worker}`
}

function isRecent({ start }: StoredWindow, now: number): boolean {
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS
  return start > minute - DISTINCT_MINUTES * MINUTE_MS && start <= minute
}
