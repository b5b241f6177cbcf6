import type { Check, Gauge } from '../catalogue/check.ts'
import { type Duration, milliseconds } from '../catalogue/duration.ts'
import type { Family } from '../catalogue/family.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Verdict } from '../catalogue/result.ts'
import type { StoredResult } from '../results/stored-result.ts'

/** What must be known of a check to show its results. */
export interface ShownCheck {
  readonly id: CheckId
  readonly every: Duration
  readonly gauges?: Readonly<Record<string, Gauge>>
  /** Absent: one that looks at a database. */
  readonly kind?: Check['kind']
  /** Of a probe: one server, or all of them. */
  readonly scope?: ProbeCheck['scope']
  /** Of a probe that measures one: label values come from the configuration. */
  readonly matrix?: Family
}

/** Everything that is to be shown, and the instant. Results of other checks and targets are passed over. */
export interface Snapshot<C extends ShownCheck = ShownCheck> {
  readonly checks: readonly C[]
  /** Databases, servers or the fleet that a check looks at. */
  targetsOf(check: C): readonly string[]
  readonly results: readonly StoredResult[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Age in milliseconds beyond which a result says nothing any more. Default: {@link staleAfterMs}. */
  readonly staleAfter?: (every: Duration) => number
}

/** One check on one target as it may be shown now. */
export interface CurrentResult<C extends ShownCheck = ShownCheck> {
  readonly check: C
  readonly target: string
  /** Absent until the first run. `verdict` is the stored one, or `error` with `ERR_STALE` when that is too old. */
  readonly last?: { readonly result: StoredResult; readonly verdict: Verdict }
}

const MISSED_RUNS = 3
const SLACK_MS = 30_000

/** Three runs missed, and half a minute for a slow one: less would call every restart of a worker a fault. */
export function staleAfterMs(every: Duration): number {
  return MISSED_RUNS * milliseconds(every) + SLACK_MS
}

/** Every check on every target, in the order of the configuration. */
export function currentResults<C extends ShownCheck>(snapshot: Snapshot<C>): readonly CurrentResult<C>[] {
  const { checks, staleAfter = staleAfterMs, now } = snapshot
  const latest = latestResults(snapshot.results)
  return checks.flatMap((check) =>
    snapshot.targetsOf(check).map((target) => {
      const result = latest.get(resultKey({ check: check.id, target }))
      if (result === undefined) return { check, target }
      const verdict = verdictAt({ result, now, limit: staleAfter(check.every) })
      return { check, target, last: { result, verdict } }
    }),
  )
}

/**
 * When the first of the results that are good now becomes stale, in milliseconds since the epoch; infinity when none
 * will. What was made of the snapshot must not be shown after that.
 */
export function validUntil(snapshot: Snapshot): number {
  const { staleAfter = staleAfterMs } = snapshot
  const ends = currentResults(snapshot).map(({ check, last }) => {
    if (last === undefined || isStale(last.verdict)) return Number.POSITIVE_INFINITY
    return last.result.startedAt + staleAfter(check.every)
  })
  return ends.reduce((first, end) => Math.min(first, end), Number.POSITIVE_INFINITY)
}

/** A result from the future is as little use as an old one: a clock that ran ahead would keep it green for ever. */
function verdictAt(options: { result: StoredResult; now: number; limit: number }): Verdict {
  const { result, now, limit } = options
  if (Math.abs(now - result.startedAt) <= limit) return result.verdict
  const message = `The last result is of ${new Date(result.startedAt).toISOString()}, and none has come since.`
  return { state: 'error', code: 'ERR_STALE', message }
}

function isStale(verdict: Verdict): boolean {
  return verdict.state === 'error' && verdict.code === 'ERR_STALE'
}

function latestResults(results: readonly StoredResult[]): ReadonlyMap<string, StoredResult> {
  const latest = new Map<string, StoredResult>()
  for (const result of results) {
    const key = resultKey(result)
    const known = latest.get(key)
    if (known === undefined || known.startedAt < result.startedAt) latest.set(key, result)
  }
  return latest
}

function resultKey({ check, target }: { readonly check: CheckId; readonly target: string }): string {
  // An id has no space in it.
  return `${check} ${target}`
}
