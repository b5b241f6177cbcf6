import type { CheckId } from '../catalogue/naming.ts'
import type { Result } from '../catalogue/result.ts'
import type { EventStore } from './event-store.ts'
import type { StoredRun } from './recent-runs.ts'
import type { StoredFinding, StoredResult } from './stored-result.ts'
import type { WaiverStore } from './waiver.ts'

/** A unit of checks on a target: what one job runs. */
export interface UnitOfTarget {
  readonly target: string
  readonly unit: string
}

/** One run of a unit by one worker. */
export interface UnitRun extends UnitOfTarget {
  /** The instant the schedule meant, the same on every worker. */
  readonly tick: Date
  /** The worker's name, unique among those that share the state. */
  readonly worker: string
}

export interface ClaimedUnit extends UnitRun {
  /** False while it runs, and for ever if its worker was killed. */
  readonly finished: boolean
}

export interface SaveOptions {
  /** Absent when a person asked for the run. */
  readonly tick?: Date
  readonly worker: string
  /** The unit that is given back in the same transaction. */
  readonly release?: UnitRun | undefined
}

export interface FindingFilter {
  readonly target?: string
  readonly check?: CheckId
  /** Only those seen at this instant or later. */
  readonly since?: Date
  readonly includeResolved?: boolean | undefined
  /** Of the resolved ones, those resolved at this instant or later. */
  readonly resolvedSince?: Date | undefined
  /** At most this many, last seen first; 10,000 is the most there is. */
  readonly limit: number
}

/** `claimed`: run it now. `done`: this tick, or a later one, ran or runs. `overlap`: an earlier tick still runs. */
export type ClaimOutcome = 'claimed' | 'done' | 'overlap'

/**
 * What authwatch remembers. Every call ends within 10 s, also when the server hangs, and throws only StateError.
 * Broken connections are replaced at the next call.
 */
export interface StateStore extends AsyncDisposable {
  /**
   * Stores the results of one unit in one transaction, which it may share with others. Storing a result again (same
   * target, check and start) changes nothing, so a call that failed may be repeated. A result older than the one stored
   * counts as a run and no more.
   */
  save(results: readonly Result[], options: SaveOptions): Promise<void>
  /**
   * The results that changed since the call which gave this revision, and the revision to ask with next. `0n` asks for
   * everything. Never misses a change; gives one again while an older transaction is still open on the server.
   */
  changesSince(
    revision: bigint,
  ): Promise<{ readonly revision: bigint; readonly results: readonly StoredResult[] }>
  /** Takes a unit for one tick, for at most `leaseMs` on the database's clock. */
  claim(run: UnitRun & { readonly leaseMs: number }): Promise<ClaimOutcome>
  /** Gives the unit back after the run; nothing happens if somebody else took it meanwhile. */
  release(run: UnitRun): Promise<void>
  /** The units whose last claim was for this tick or a later one. */
  claimedSince(tick: Date): Promise<readonly ClaimedUnit[]>
  findings(filter: FindingFilter): Promise<readonly StoredFinding[]>
  /** The last `perCheck` runs of each check on each target, newest first. */
  recentRuns(perCheck: number): Promise<readonly StoredRun[]>
  /** Findings whose `findingId` begins like this, resolved ones too; two at most. */
  findingsNamed(prefix: string): Promise<readonly StoredFinding[]>
  readonly waivers: WaiverStore
  readonly events: EventStore
  /** The database's own time: the clock that all workers share. Rejects when it does not answer in time. */
  now(timeoutMs: number): Promise<Date>
}
