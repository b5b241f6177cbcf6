import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../catalogue/result.ts'
import type { LatestResults } from '../results/latest-results.ts'
import type { ClaimOutcome, StateStore } from '../results/state-store.ts'
import { timeoutOf, type Unit } from '../scan/plan.ts'
import { type Job, subjectOfJob } from './job.ts'

const RELEASE_RETRY_MS = 1_000
/** Ticks of each unit and target that are remembered; a queue that hung does not hand out older ones. */
const MAX_BEGUN = 100

/** How a job ended that did not lead to a run. */
export type SkipReason = 'overlap' | 'unknown'

export interface RunnerOptions {
  readonly worker: string
  readonly units: readonly Unit[]
  /** The targets that this worker's configuration has for a unit. */
  readonly targetsOf: (unit: Unit) => readonly string[]
  /** Runs a unit on one of its targets. Must not throw. */
  readonly execute: (unit: Unit, target: string) => Promise<readonly Result[]>
  readonly store: Pick<StateStore, 'claim' | 'release'>
  /** Whether the state database answered lately: one that does not is not asked for each run. */
  readonly stateUp: () => boolean
  readonly latest: Pick<LatestResults, 'record'>
  readonly onSkip: (reason: SkipReason) => void
  /** The state database could not be asked who runs this; it was run all the same. */
  readonly onUnclaimed: (error: unknown) => void
}

export interface Runner {
  /** Runs a job unless its tick was run already or its unit is still running. Never throws. */
  run(job: Job): Promise<void>
  /** Whether this job was begun here before. */
  hasBegun(job: Job): boolean
  /** Begins nothing more, waits for what is running, and gives back what has not ended after this long. */
  stop(ms: number): Promise<void>
}

/** Longest a unit can take: its statements, the sample of offenders, the network's grace, and some to store it. */
function leaseMs(unit: Unit): number {
  return 3 * timeoutOf(unit) + 10_000
}

interface Run {
  readonly job: Job
  readonly ended: Promise<void>
}

export function runner(options: RunnerOptions): Runner {
  const units = new Map(options.units.map((unit) => [unit.id, unit]))
  const running = new Map<string, Run>()
  const begun = new Map<string, Set<number>>()
  const leases = leasesOf(options)
  let stopped = false
  const hasBegun = (job: Job) => begun.get(subjectOfJob(job))?.has(job.tick) === true
  const remember = (job: Job): void => {
    const ticks = begun.get(subjectOfJob(job)) ?? new Set()
    begun.set(subjectOfJob(job), ticks.add(job.tick))
    for (const oldest of ticks) {
      if (ticks.size <= MAX_BEGUN) break
      ticks.delete(oldest)
    }
  }

  const runClaimed = async (job: Job, unit: Unit): Promise<void> => {
    const claimed = await leases.claim(job, unit)
    if (claimed === 'overlap') options.onSkip('overlap')
    if (claimed === 'overlap' || claimed === 'done') return
    const results = await options.execute(unit, job.target)
    await options.latest.record({ results, tick: new Date(job.tick) })
    if (claimed !== 'unasked') await leases.giveBack(job, unit)
  }

  const run = async (job: Job): Promise<void> => {
    const unit = units.get(job.unit)
    // Another worker with another configuration may have added it: it is that worker's to run.
    if (unit === undefined || !options.targetsOf(unit).includes(job.target)) return options.onSkip('unknown')
    // The same job can come past the queue and, from one that hung, long after that.
    if (stopped || hasBegun(job)) return
    const subject = subjectOfJob(job)
    const under = running.get(subject)
    if (under !== undefined) return under.job.tick < job.tick ? options.onSkip('overlap') : undefined
    remember(job)
    const ended = runClaimed(job, unit).finally(() => running.delete(subject))
    running.set(subject, { job, ended })
    await ended
  }

  const stop = async (ms: number): Promise<void> => {
    stopped = true
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
    await Promise.race([Promise.all([...running.values()].map(({ ended }) => ended)), timeout])
    await leases.giveAllBack()
  }

  return { run, hasBegun, stop }
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
    giveAllBack: () => Promise.allSettled([...owed.values()].map(release)),
  }
}
