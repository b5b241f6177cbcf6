import type { Result, State } from '../catalogue/result.ts'
import { states } from '../catalogue/result.ts'
import { StateError } from './state-error.ts'
import type { StateStore, UnitRun } from './state-store.ts'
import type { StoredFinding, StoredResult, StoredVerdict } from './stored-result.ts'

/** Results kept for the state database while it is away. Older ones are only history; the newest are never dropped. */
const MAX_PENDING = 5_000
/** Batches stored by one sync, so that a long backlog does not keep it from telling what others found. */
const MAX_FLUSH = 500
/** How often the store may refuse a batch, while it takes others, before the fault must be the batch's own. */
const MAX_REFUSALS = 5
/** Own results from further ahead of the common time were made while this worker's clock was wrong. */
const MAX_CLOCK_LEAD_MS = 60_000

/** A unit's results and the tick they answer. */
export interface Batch {
  readonly results: readonly Result[]
  readonly tick: Date
  /** Given back with the results, when they can be stored at once. */
  readonly release?: UnitRun | undefined
}

/**
 * What every worker knows: the latest result of each check and target, its own at once, the others' by polling.
 * Kept in memory, so that a lost state database makes nothing disappear; what could not be stored is stored later.
 */
export interface LatestResults {
  all(): readonly StoredResult[]
  /** How the last run of a check on a target ended; undefined before the first. */
  stateOf(place: Pick<Result, 'target' | 'check'>): State | undefined
  /** When the last known run of a check on a target began, by whichever worker; undefined before the first. */
  startedAtOf(place: Pick<Result, 'target' | 'check'>): number | undefined
  /** Changes with every change of `all()`. */
  version(): number
  /**
   * Takes in results of this worker and stores them; a store that is away is not an error. Resolves with whether they
   * were stored, and the unit given back; otherwise that is left to the caller.
   */
  record(batch: Batch): Promise<boolean>
  /** Stores what waits, and learns what other workers found. Throws StateError when the store is away. */
  sync(): Promise<void>
  /** Results that wait for the state database. */
  pending(): number
  /** Results that will be missing from the history, because too many waited. */
  dropped(): number
}

const keyOf = ({ target, check }: Pick<Result, 'target' | 'check'>): string => `${target}/${check}`

const noRuns = Object.fromEntries(states.map((state) => [state, 0])) as Readonly<Record<State, number>>

/** What the store will say of a verdict's findings, as far as this worker can tell. */
function remembering(
  previous: StoredResult | undefined,
  { check, target, startedAt, verdict }: Result,
): StoredVerdict {
  if (verdict.state !== 'fail') return verdict
  const known = previous?.verdict.state === 'fail' ? previous.verdict.findings : []
  const findings = verdict.findings.map((finding): StoredFinding => {
    const before = known.find(({ key }) => key === finding.key)
    const life = { firstSeen: before?.firstSeen ?? startedAt, lastSeen: startedAt, resolvedAt: null }
    return { ...finding, check, target, ...life, reopened: before?.reopened ?? 0 }
  })
  return { ...verdict, findings }
}

/** The local view of a result until the store's own comes back with the next poll. */
function following(previous: StoredResult | undefined, result: Result): StoredResult {
  const { state } = result.verdict
  const runs = previous?.runs ?? noRuns
  const looked = state === 'pass' || state === 'fail'
  return {
    ...result,
    verdict: remembering(previous, result),
    stateSince: previous?.verdict.state === state ? previous.stateSince : result.startedAt,
    lastSuccessAt: looked ? result.startedAt : (previous?.lastSuccessAt ?? null),
    runs: { ...runs, [state]: runs[state] + 1 },
  }
}

interface Waiting extends Batch {
  refusals: number
  /** How many batches the store had taken when it first refused this one. */
  takenBefore: number
}

export interface LatestResultsOptions {
  readonly store: Pick<StateStore, 'save' | 'changesSince'>
  readonly worker: string
  /** The time that all workers share, milliseconds since the epoch. */
  readonly clock: () => number
}

export function latestResults({ store, worker, clock }: LatestResultsOptions): LatestResults {
  const latest = new Map<string, StoredResult>()
  const line = waitingLine(({ results, ...options }) => store.save(results, { ...options, worker }))
  let revision = 0n
  let version = 0

  const isNews = (result: StoredResult): boolean => {
    const own = latest.get(keyOf(result))
    // Of one run the store's view is the better one: its totals and times are all workers'.
    return (
      own === undefined || result.startedAt >= own.startedAt || own.startedAt > clock() + MAX_CLOCK_LEAD_MS
    )
  }

  return {
    all: () => [...latest.values()],
    stateOf: (place) => latest.get(keyOf(place))?.verdict.state,
    startedAtOf: (place) => latest.get(keyOf(place))?.startedAt,
    version: () => version,
    pending: line.pending,
    dropped: line.dropped,
    record: async (batch) => {
      for (const result of batch.results)
        latest.set(keyOf(result), following(latest.get(keyOf(result)), result))
      version += 1
      return await line.add(batch)
    },
    sync: async () => {
      await line.flush()
      const changes = await store.changesSince(revision)
      revision = changes.revision
      const news = changes.results.filter(isNews)
      for (const result of news) latest.set(keyOf(result), result)
      if (news.length > 0) version += 1
    },
  }
}

/** What could not be stored yet, oldest first. */
function waitingLine(save: (batch: Batch) => Promise<void>) {
  const line = new Set<Waiting>()
  let taken = 0
  let dropped = 0
  let lost = false

  const drop = (batch: Waiting): void => {
    if (line.delete(batch)) dropped += batch.results.length
  }
  const store = async (batch: Batch): Promise<void> => {
    await save(batch)
    taken += 1
  }
  const wait = ({ results, tick }: Batch, refusals: number): void => {
    line.add({ results, tick, refusals, takenBefore: taken })
    for (const oldest of line) {
      if (line.size <= MAX_PENDING) break
      drop(oldest)
    }
  }

  /** Throws when the store is away, or takes nothing. */
  const flush = async (): Promise<void> => {
    let refusal: unknown
    let refusals = 0
    for (const batch of [...line].slice(0, MAX_FLUSH)) {
      try {
        await store(batch)
        line.delete(batch)
      } catch (error) {
        if (!isRefusal(error)) throw error
        refusal = error
        batch.refusals += 1
        // To the end, so that it is not in the way of those that can be stored.
        line.delete(batch)
        line.add(batch)
        if (batch.refusals >= MAX_REFUSALS && taken > batch.takenBefore) drop(batch)
        refusals += 1
        if (refusals === MAX_REFUSALS) break
      }
    }
    const takesNone = [...line].some(({ takenBefore }) => taken === takenBefore)
    if (refusal !== undefined && takesNone) throw refusal
  }

  return {
    pending: () => [...line].reduce((sum, { results }) => sum + results.length, 0),
    dropped: () => dropped,
    add: async (batch: Batch): Promise<boolean> => {
      // A store that is known to be away is not waited for: that would hold up the checks themselves.
      if (lost) {
        wait(batch, 0)
        return false
      }
      try {
        await store(batch)
        return true
      } catch (error) {
        if (!isRefusal(error)) lost = true
        wait(batch, isRefusal(error) ? 1 : 0)
        return false
      }
    },
    flush: async (): Promise<void> => {
      try {
        await flush()
        lost = false
      } catch (error) {
        lost = true
        throw error
      }
    },
  }
}

/** The server answered, and would not store it. */
function isRefusal(error: unknown): boolean {
  return error instanceof StateError && error.code === 'ERR_STATE_QUERY'
}
