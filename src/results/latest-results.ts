import type { Result, State } from '../catalogue/result.ts'
import { states } from '../catalogue/result.ts'
import type { StateStore } from './state-store.ts'
import type { StoredFinding, StoredResult, StoredVerdict } from './stored-result.ts'

/** Results kept for the state database while it is away. Older ones are only history; the newest are never dropped. */
const MAX_PENDING = 5_000

/** A unit's results and the tick they answer. */
export interface Batch {
  readonly results: readonly Result[]
  readonly tick: Date
}

/**
 * What every worker knows: the latest result of each check and target, its own at once, the others' by polling.
 * Kept in memory, so that a lost state database makes nothing disappear; what could not be stored is stored later.
 */
export interface LatestResults {
  all(): readonly StoredResult[]
  /** Changes with every change of `all()`. */
  version(): number
  /** Takes in results of this worker and stores them; a store that is away is not an error. */
  record(batch: Batch): Promise<void>
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
function remembering(previous: StoredResult | undefined, { check, target, startedAt, verdict }: Result): StoredVerdict {
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

export function latestResults({ store, worker }: { store: StateStore; worker: string }): LatestResults {
  const latest = new Map<string, StoredResult>()
  let waiting: Batch[] = []
  let revision = 0n
  let version = 0
  let dropped = 0

  const wait = (batch: Batch): void => {
    waiting.push(batch)
    while (waiting.length > MAX_PENDING) dropped += waiting.shift()?.results.length ?? 0
  }

  const flush = async (): Promise<void> => {
    while (waiting[0] !== undefined) {
      const [{ results, tick }] = waiting as [Batch, ...Batch[]]
      await store.save(results, { tick, worker })
      waiting = waiting.slice(1)
    }
  }

  return {
    all: () => [...latest.values()],
    version: () => version,
    pending: () => waiting.reduce((sum, { results }) => sum + results.length, 0),
    dropped: () => dropped,
    record: async (batch) => {
      for (const result of batch.results)
        latest.set(keyOf(result), following(latest.get(keyOf(result)), result))
      version += 1
      try {
        await store.save(batch.results, { tick: batch.tick, worker })
      } catch {
        wait(batch)
      }
    },
    sync: async () => {
      await flush()
      const changes = await store.changesSince(revision)
      revision = changes.revision
      for (const result of changes.results) {
        const own = latest.get(keyOf(result))
        // Of one run the store's view is the better one: its totals and times are all workers'.
        if (own === undefined || result.startedAt >= own.startedAt) latest.set(keyOf(result), result)
      }
      if (changes.results.length > 0) version += 1
    },
  }
}
