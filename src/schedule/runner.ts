import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../catalogue/result.ts'
import type { LatestResults } from '../results/latest-results.ts'
import type { ClaimOutcome, StateStore } from '../results/state-store.ts'
import { timeoutOf, type Unit } from '../scan/plan.ts'
import { type Job, subjectOfJob } from './job.ts'
import { newestDue } from './newest-due.ts'
import type { SharedClock } from './shared-clock.ts'

const RELEASE_RETRY_MS = 1_000
/** Ticks of each unit and target that are remembered. What is handed out later than that is run as a newer tick. */
const MAX_BEGUN = 10

/** Why a tick was not run: the run before was still going, a newer tick was due, or it is of another configuration. */
export type SkipReason = 'overlap' | 'superseded' | 'unknown'

export interface RunnerOptions {
  readonly worker: string
  readonly units: readonly Unit[]
  /** The targets that this worker's configuration has for a unit. */
  readonly targetsOf: (unit: Unit) => readonly string[]
  /** Does the work when it is the unit's turn on its target: what waits there has claimed nothing yet. */
  readonly inTurn: <T>(unit: Unit, target: string, work: () => Promise<T>) => Promise<T>
  /** Runs a unit on one of its targets. Must not throw. */
  readonly execute: (unit: Unit, target: string) => Promise<readonly Result[]>
  readonly store: Pick<StateStore, 'claim' | 'release'>
  /** Whether the state database answered lately: one that does not is not asked for each run. */
  readonly stateUp: () => boolean
  readonly latest: Pick<LatestResults, 'record' | 'startedAtOf'>
  readonly clock: Pick<SharedClock, 'now'>
  /** Whether a check of the unit failed on the target when it was last run, or could not look. */
  readonly isUnwell: (unit: Unit, target: string) => boolean
  readonly onSkip: (reason: SkipReason) => void
  /** The state database could not be asked who runs this; it was run all the same. */
  readonly onUnclaimed: (error: unknown) => void
}

export interface Runner {
  /**
   * Runs a job unless its tick was run already or its unit is still running. One that comes so late that a newer tick
   * is due is run as that, so that workers that cannot keep up look at what is now. Never throws.
   */
  run(job: Job): Promise<void>
  /** Whether this job was begun, here or, as far as it is known here, anywhere. */
  hasBegun(job: Job): boolean
  /** Begins nothing more, waits for what is running, and gives back what has not ended after this long. */
  stop(ms: number): Promise<void>
}

/** Longest a unit can take: its statements, the sample of offenders, the network's grace, and some to store it. */
function leaseMs(unit: Unit): number {
  return 3 * timeoutOf(unit) + 10_000
}

export function runner(options: RunnerOptions): Runner {
  const { onSkip, clock } = options
  const units = new Map(options.units.map((unit) => [unit.id, unit]))
  const runs = runsOf(options)
  const wasSeen = seenIn(options)
  let stopped = false

  const runAsNewest = async (newest: Job, unit: Unit): Promise<void> => {
    onSkip('superseded')
    if (runs.hasBegun(newest) || runs.underWay(newest) !== undefined || wasSeen(newest, unit)) return
    // It has a job of its own, which may find that the run before has ended.
    if ((await runs.begin(newest, unit)) === 'overlap') runs.forget(newest)
  }

  const run = async (job: Job): Promise<void> => {
    const unit = units.get(job.unit)
    const targets = unit === undefined ? [] : options.targetsOf(unit)
    // Another worker with another configuration may have added it: it is that worker's to run.
    if (unit === undefined || !targets.includes(job.target)) return onSkip('unknown')
    // The same job can come past the queue and, from one that hung, long after that.
    if (stopped || runs.hasBegun(job)) return
    const isUnwell = options.isUnwell(unit, job.target)
    const newest = newestDue({ job, unit, targets, now: clock.now(), isUnwell })
    if (newest.tick > job.tick) return await runAsNewest(newest, unit)
    const under = runs.underWay(job)
    if (under !== undefined) return under.tick < job.tick ? onSkip('overlap') : undefined
    if ((await runs.begin(job, unit)) === 'overlap') onSkip('overlap')
  }

  return {
    run,
    hasBegun: (job) => {
      const unit = units.get(job.unit)
      return runs.hasBegun(job) || (unit !== undefined && wasSeen(job, unit))
    },
    stop: (ms) => {
      stopped = true
      return runs.end(ms)
    },
  }
}

/** Answers whether a run of the unit is known that began after the job was due. What is of the future is not believed. */
function seenIn({ latest, clock }: Pick<RunnerOptions, 'latest' | 'clock'>) {
  return ({ target, tick }: Job, { checks }: Unit): boolean =>
    checks.every(({ id }) => {
      const at = latest.startedAtOf({ check: id, target })
      return at !== undefined && at >= tick && at <= clock.now()
    })
}

type Outcome = ClaimOutcome | 'unasked' | 'unanswered'

interface Run {
  readonly job: Job
  readonly ended: Promise<unknown>
}

/** The runs of this process: those under way, and the ticks that were begun. */
function runsOf(options: RunnerOptions) {
  const running = new Map<string, Run>()
  const begun = new Map<string, Set<number>>()
  const leases = leasesOf(options)
  const remember = (job: Job): void => {
    const ticks = begun.get(subjectOfJob(job)) ?? new Set()
    begun.set(subjectOfJob(job), ticks.add(job.tick))
    for (const oldest of ticks) {
      if (ticks.size <= MAX_BEGUN) break
      ticks.delete(oldest)
    }
  }
  let ending = false
  const runClaimed = async (job: Job, unit: Unit): Promise<Outcome> => {
    if (ending) return 'done'
    const claimed = await leases.claim(job, unit)
    if (claimed === 'overlap' || claimed === 'done') return claimed
    const results = await options.execute(unit, job.target)
    const tick = new Date(job.tick)
    const release = claimed === 'unasked' ? undefined : { ...job, tick, worker: options.worker }
    const isStored = await options.latest.record({ results, tick, release })
    if (isStored && results.length > 0) leases.settle(job)
    else if (release !== undefined) await leases.giveBack(job, unit)
    return claimed
  }
  return {
    hasBegun: (job: Job): boolean => begun.get(subjectOfJob(job))?.has(job.tick) === true,
    underWay: (job: Job): Job | undefined => running.get(subjectOfJob(job))?.job,
    begin: async (job: Job, unit: Unit): Promise<Outcome> => {
      remember(job)
      const ended = options
        .inTurn(unit, job.target, () => runClaimed(job, unit))
        .finally(() => running.delete(subjectOfJob(job)))
      running.set(subjectOfJob(job), { job, ended })
      return await ended
    },
    forget: (job: Job): void => {
      begun.get(subjectOfJob(job))?.delete(job.tick)
    },
    end: async (ms: number): Promise<void> => {
      ending = true
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
      await Promise.race([Promise.all([...running.values()].map(({ ended }) => ended)), timeout])
      await leases.giveAllBack()
    },
  }
}

/** The right to run a unit on a target, and what is owed for it: a lease that is not given back keeps everybody out. */
function leasesOf({ store, worker, stateUp, onUnclaimed }: RunnerOptions) {
  /** Granted, or perhaps granted, and not given back yet. */
  const owed = new Map<string, Job>()
  const release = async (job: Job): Promise<void> => {
    await store.release({ ...job, tick: new Date(job.tick), worker })
    settle(job)
  }
  const settle = (job: Job): void => {
    if (owed.get(subjectOfJob(job)) === job) owed.delete(subjectOfJob(job))
  }
  const insist = async (job: Job, unit: Unit): Promise<void> => {
    const endsAt = performance.now() + leaseMs(unit)
    while (owed.get(subjectOfJob(job)) === job && performance.now() < endsAt) {
      await sleep(RELEASE_RETRY_MS, undefined, { ref: false })
      if (stateUp()) await release(job).catch(() => {})
    }
    settle(job)
  }
  return {
    claim: async (job: Job, unit: Unit): Promise<ClaimOutcome | 'unasked' | 'unanswered'> => {
      if (!stateUp()) return 'unasked'
      try {
        const before = owed.get(subjectOfJob(job))
        if (before !== undefined) await release(before)
        owed.set(subjectOfJob(job), job)
        const run = { ...job, tick: new Date(job.tick), worker, leaseMs: leaseMs(unit) }
        const claimed = await store.claim(run)
        if (claimed !== 'claimed') settle(job)
        return claimed
      } catch (error) {
        onUnclaimed(error)
        return 'unanswered'
      }
    },
    giveBack: async (job: Job, unit: Unit): Promise<void> => {
      try {
        await release(job)
      } catch {
        void insist(job, unit)
      }
    },
    /** It was given back with its results. */
    settle,
    giveAllBack: () => Promise.allSettled([...owed.values()].map(release)),
  }
}
