import { milliseconds } from '../catalogue/duration.ts'
import type { Result } from '../catalogue/result.ts'
import type { LatestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import type { Unit } from '../scan/plan.ts'
import { type Job, subjectOfJob } from './job.ts'

/** How a job ended that did not lead to a run. */
export type SkipReason = 'overlap' | 'unknown'

export interface RunnerOptions {
  readonly worker: string
  readonly units: readonly Unit[]
  /** The targets that this worker's configuration has for a unit. */
  readonly targetsOf: (unit: Unit) => readonly string[]
  /** Runs a unit on one of its targets. Must not throw. */
  readonly execute: (unit: Unit, target: string) => Promise<readonly Result[]>
  readonly store: StateStore
  readonly latest: LatestResults
  readonly onSkip: (reason: SkipReason) => void
  /** The state database could not be asked who runs this; it was run all the same. */
  readonly onUnclaimed: (error: unknown) => void
}

export interface Runner {
  /** Runs a job unless its tick was run already or its unit is still running. Never throws. */
  run(job: Job): Promise<void>
  /** Waits for what is running, at most this long. */
  drain(ms: number): Promise<void>
}

/** Longest a unit can take: its statements, the sample of offenders, the network's grace, and some to store it. */
export function leaseMs(unit: Unit): number {
  return 3 * Math.max(...unit.checks.map(({ timeout }) => milliseconds(timeout))) + 10_000
}

export function runner(options: RunnerOptions): Runner {
  const { worker, store, latest } = options
  const units = new Map(options.units.map((unit) => [unit.id, unit]))
  const running = new Map<string, Promise<void>>()

  const claim = async (job: Job, unit: Unit): Promise<'claimed' | 'done' | 'overlap' | 'unclaimed'> => {
    try {
      return await store.claim({ ...job, tick: new Date(job.tick), worker, leaseMs: leaseMs(unit) })
    } catch (error) {
      options.onUnclaimed(error)
      return 'unclaimed'
    }
  }

  const runClaimed = async (job: Job, unit: Unit): Promise<void> => {
    const claimed = await claim(job, unit)
    if (claimed === 'overlap') options.onSkip('overlap')
    if (claimed === 'overlap' || claimed === 'done') return
    const results = await options.execute(unit, job.target)
    await latest.record({ results, tick: new Date(job.tick) })
    if (claimed === 'claimed')
      await store.release({ ...job, tick: new Date(job.tick), worker }).catch(() => {})
  }

  return {
    run: async (job) => {
      const unit = units.get(job.unit)
      // Another worker with another configuration may have added it: it is that worker's to run.
      if (unit === undefined || !options.targetsOf(unit).includes(job.target))
        return options.onSkip('unknown')
      const subject = subjectOfJob(job)
      if (running.has(subject)) return options.onSkip('overlap')
      const run = runClaimed(job, unit).finally(() => running.delete(subject))
      running.set(subject, run)
      await run
    },
    drain: async (ms) => {
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
      await Promise.race([Promise.allSettled(running.values()), timeout])
    },
  }
}
