import type { EventTotals } from '../events/event-totals.ts'
import type { Outcome } from '../events/vocabulary.ts'

/** What the page calls "lately": an hour, by the minute. */
export const WINDOW_MINUTES = 60
const MINUTE_MS = 60_000

export interface ReasonCount {
  readonly reason: string
  readonly count: number
}

/** What one operation came to within the window, over all servers. */
export interface OperationActivity {
  readonly operation: string
  readonly counts: Readonly<Record<Outcome, number>>
  /** Of everything but successes, most frequent first. */
  readonly reasons: readonly ReasonCount[]
  /** Rejections and errors of each minute, oldest first; the last is the minute under way. */
  readonly failuresByMinute: readonly number[]
}

export interface EventActivity {
  /** Where the window begins: an hour ago, or when this worker began to count. Milliseconds since the epoch. */
  readonly since: number
  /** Those with most failures first. */
  readonly operations: readonly OperationActivity[]
  /** Servers that ever reported, and the events each gave up. */
  readonly servers: readonly { readonly server: string; readonly dropped: number }[]
}

/** Turns totals that only grow into what happened lately. Memory only. */
export interface EventWindow {
  /** Remembers where the totals stand. To be called when they have changed. */
  observe(now: number): void
  /** Undefined until the totals were read once. */
  activity(now: number): EventActivity | undefined
}

interface Key {
  readonly operation: string
  readonly outcome: string
  readonly reason: string
}

/** Totals by operation, outcome and reason: a closed vocabulary, so a minute takes a few hundred numbers at most. */
type Standing = ReadonlyMap<string, Key & { readonly count: number }>

export function eventWindow(totals: Pick<EventTotals, 'known' | 'counts' | 'servers'>): EventWindow {
  /** How things stood when each of the last minutes began, oldest first. */
  let starts: readonly { readonly minute: number; readonly standing: Standing }[] = []
  let latest: Standing | undefined
  let begunAt = 0

  const observe = (now: number): void => {
    if (!totals.known()) return
    const standing = standingOf(totals)
    const minute = Math.floor(now / MINUTE_MS)
    if (latest === undefined) begunAt = now
    const before = latest ?? standing
    const from = Math.max((starts.at(-1)?.minute ?? minute - 1) + 1, minute - WINDOW_MINUTES + 1)
    const added = Array.from({ length: Math.max(0, minute - from + 1) }, (_, place) => ({
      minute: from + place,
      standing: before,
    }))
    starts = [...starts, ...added].filter((start) => start.minute > minute - WINDOW_MINUTES)
    latest = standing
  }
  return {
    observe,
    activity(now) {
      observe(now)
      if (latest === undefined) return undefined
      const standings = [...starts.map(({ standing }) => standing), latest]
      const since = Math.max(begunAt, (starts[0]?.minute ?? 0) * MINUTE_MS)
      const servers = [...totals.servers()].map(([server, dropped]) => ({ server, dropped }))
      return { since, operations: activityOf(standings), servers }
    },
  }
}

function standingOf(totals: Pick<EventTotals, 'counts'>): Standing {
  const sums = new Map<string, Key & { count: number }>()
  for (const { operation, outcome, reason, count } of totals.counts()) {
    const key = `${operation} ${outcome} ${reason}`
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, { operation, outcome, reason, count })
    else sum.count += count
  }
  return sums
}

function activityOf(standings: readonly Standing[]): readonly OperationActivity[] {
  const [first, last] = [standings[0], standings.at(-1)]
  const grown = [...(last ?? [])].flatMap(([key, { count, ...labels }]) => {
    const events = count - (first?.get(key)?.count ?? 0)
    return events > 0 ? [{ ...labels, key, events }] : []
  })
  const operations = [...new Set(grown.map(({ operation }) => operation))]
  return operations
    .map((operation) => {
      const own = grown.filter((each) => each.operation === operation)
      const failed = own.filter(({ outcome }) => outcome !== 'success')
      const sum = (outcome: Outcome) => total(own.filter((each) => each.outcome === outcome))
      return {
        operation,
        counts: { success: sum('success'), rejected: sum('rejected'), error: sum('error') },
        reasons: failed
          .map(({ reason, events }) => ({ reason, count: events }))
          .toSorted((a, b) => b.count - a.count),
        failuresByMinute: byMinute(
          standings,
          failed.map(({ key }) => key),
        ),
      }
    })
    .toSorted((a, b) => failures(b) - failures(a) || b.counts.success - a.counts.success)
}

const total = (events: readonly { readonly events: number }[]): number =>
  events.reduce((sum, each) => sum + each.events, 0)

const failures = ({ counts }: OperationActivity): number => counts.rejected + counts.error

function byMinute(standings: readonly Standing[], keys: readonly string[]): readonly number[] {
  const sums = standings.map((standing) =>
    keys.reduce((sum, key) => sum + (standing.get(key)?.count ?? 0), 0),
  )
  return sums.slice(1).map((sum, place) => sum - (sums[place] ?? 0))
}
