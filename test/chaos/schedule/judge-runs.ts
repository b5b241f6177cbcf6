import { groupBy } from '../../../src/catalogue/group-by.ts'
import type { Diary } from './diary.ts'
import type { Run } from './runs.ts'
import { INTERVAL_MS, type Watched } from './watched.ts'
import { common, meets, uncoveredMs, type Window } from './windows.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** Due at a tick, a check is begun at most two intervals later. */
const LONGEST_GAP_MS = 3 * INTERVAL_MS
/** A tick is noticed within a second; the rest is for a machine that is busy. */
const SLACK_MS = 3_000
/** The workers' common clock is as exact as the state database answers quickly. */
const CLOCK_MS = 250

const keyOf = ({ check, target }: Watched) => `${check} on ${target}`

/**
 * How long a check was not begun, at most, while somebody could have: a worker was alive. A database or a Redis that is
 * away is no excuse. A run is known by its row, or, where its worker died before it was stored, by what was scraped.
 */
export function judgeGaps(options: {
  readonly slots: readonly Pick<WorkerSlot, 'away'>[]
  readonly watched: readonly Watched[]
  readonly diary: Pick<Diary, 'complain'>
  readonly runs: readonly Run[]
  /** Beginnings of runs that were scraped, by check and target. */
  readonly scraped: ReadonlyMap<string, ReadonlySet<number>>
  readonly span: Readonly<Window>
}): number {
  const { slots, diary, runs, scraped, span } = options
  const nobody = common(slots.map(({ away }) => away))
  const rows = groupBy(runs, keyOf)
  const gaps = options.watched.flatMap((watched) => {
    const name = keyOf(watched)
    const own = [...(rows.get(name) ?? []).map(({ startedAt }) => startedAt), ...(scraped.get(name) ?? [])]
    const inside = own.filter((at) => at > span.from && at < span.to).toSorted((a, b) => a - b)
    const times = [span.from, ...inside, span.to]
    return times.slice(1).map((to, index) => {
      const from = times[index] ?? to
      const gap = uncoveredMs({ from, to }, nobody)
      if (gap > LONGEST_GAP_MS + SLACK_MS) {
        const text = `${name}: ${Math.round(gap / 1_000)} s from ${new Date(from).toISOString()}`
        diary.complain('a check was not run for too long', text)
      }
      return gap
    })
  })
  return Math.max(0, ...gaps)
}

/** What was run more than once, as it may be. */
export interface Doubles {
  /** By workers without the state that they share, as promised. */
  alone: number
  /** By a worker that was frozen for longer than its lease: nobody can take a run away from a process. */
  frozen: number
}

/** No check is run twice at once, or for one tick, over all workers, while they can reach what they share. */
export function judgeDoubles(options: {
  readonly slots: readonly Pick<WorkerSlot, 'frozen'>[]
  readonly diary: Pick<Diary, 'complain' | 'alone'>
  readonly runs: readonly Run[]
}): Doubles {
  const { slots, diary, runs } = options
  const doubles: Doubles = { alone: 0, frozen: 0 }
  const wasFrozen = ({ worker, ...run }: Run) =>
    slots.some(({ frozen }) =>
      meets(
        spanOf(run),
        frozen.filter((each) => each.worker === worker),
      ),
    )
  for (const [name, own] of groupBy(runs, keyOf)) {
    const sorted = own.toSorted((a, b) => a.startedAt - b.startedAt)
    for (const [index, later] of sorted.entries()) {
      // Nothing takes longer than two intervals, unless it was frozen.
      for (const earlier of sorted.slice(Math.max(0, index - 12), index)) {
        const what = clash(earlier, later)
        if (what === undefined) continue
        if (meets(spanOf(later), diary.alone) || meets(spanOf(earlier), diary.alone)) doubles.alone += 1
        else if (wasFrozen(earlier) || wasFrozen(later)) doubles.frozen += 1
        else diary.complain('a check ran twice', `${name} ${what}: ${told(earlier)} and ${told(later)}`)
      }
    }
  }
  return doubles
}

function clash(earlier: Run, later: Run): string | undefined {
  if (earlier.tick === later.tick) return 'for one tick'
  return earlier.startedAt + earlier.durationMs > later.startedAt + CLOCK_MS ? 'at once' : undefined
}

function spanOf({ startedAt, durationMs }: Pick<Run, 'startedAt' | 'durationMs'>): Window {
  return { from: startedAt, to: startedAt + durationMs }
}

function told({ startedAt, durationMs, worker }: Run): string {
  return `${new Date(startedAt).toISOString()} for ${Math.round(durationMs)} ms by ${worker}`
}
