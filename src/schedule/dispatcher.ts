import { groupBy } from '../catalogue/group-by.ts'
import type { StateStore } from '../results/state-store.ts'
import { type Job, subjectOfJob } from './job.ts'
import type { JobQueue } from './queue.ts'

/** How long a job may lie in the queue before this process runs it itself. */
const PATIENCE_MS = 5_000
/** A queue that refused jobs is left alone for so long: each attempt delays the checks. */
const REST_MS = 5_000
/** Jobs that are added at a time: a few tenths of a second for the queue, which has two seconds for them. */
const MOST_AT_ONCE = 1_000

/** Why jobs were run without the queue. */
export type BypassReason = 'queue_down' | 'queue_stuck' | 'state_down'

export interface DispatcherOptions {
  readonly queue: Pick<JobQueue, 'add' | 'isBusy' | 'isInLine' | 'untaken'>
  readonly store: Pick<StateStore, 'claimedSince'>
  /** Whether the state database answered lately. Without it workers cannot share, so each looks for itself. */
  readonly stateUp: () => boolean
  readonly run: (job: Job) => Promise<void>
  /** Whether the job was begun already, as far as this process knows. */
  readonly hasBegun: (job: Job) => boolean
  readonly onBypass: (reason: BypassReason, jobs: number) => void
  readonly onQueue: (up: boolean, error?: unknown) => void
  /** Jobs that are run at a time when the queue is bypassed. */
  readonly concurrency: number
  readonly patienceMs?: number
}

export interface Dispatcher {
  /** Sees to it that the jobs are run, by the queue or without it. Returns at once; never throws. */
  dispatch(jobs: readonly Job[]): void
  /** Begins nothing more. What is under way goes on. */
  stop(): void
}

export function dispatcher(options: DispatcherOptions): Dispatcher {
  const { queue, patienceMs = PATIENCE_MS } = options
  const lanes = lanesFor(options)
  const timers = new Set<NodeJS.Timeout>()
  /** The last tick of each unit and target: what was due before it needs nobody any more. */
  const newest = new Map<string, number>()
  let stopped = false
  let adding = Promise.resolve()
  let restUntil = Number.NEGATIVE_INFINITY

  const bypass = (reason: BypassReason, jobs: readonly Job[]): void => {
    if (jobs.length === 0 || stopped) return
    options.onBypass(reason, jobs.length)
    lanes.run(jobs)
  }

  /** A queue can take a job and never hand it out; what nobody has begun by now is run here. */
  const makeSure = async (jobs: readonly Job[]): Promise<void> => {
    const open = jobs.filter((job) => newest.get(subjectOfJob(job)) === job.tick && !options.hasBegun(job))
    if (open.length === 0) return
    if (queue.isBusy()) return later(open)
    for (const [tick, due] of groupBy(open, (job) => job.tick)) {
      if (await queue.isInLine(tick, { handedWithinMs: patienceMs }).catch(() => false)) {
        later(due)
        continue
      }
      try {
        const begun = new Set((await options.store.claimedSince(new Date(tick))).map(subjectOfJob))
        const left = due.filter((job) => !begun.has(subjectOfJob(job)))
        bypass('queue_stuck', await untaken(left))
      } catch {
        bypass('state_down', due)
      }
    }
  }

  /** What was taken and not begun was skipped, since its unit was still running. */
  const untaken = async (jobs: readonly Job[]): Promise<readonly Job[]> =>
    jobs.length === 0 ? jobs : await queue.untaken(jobs).catch(() => jobs)

  const later = (jobs: readonly Job[]): void => {
    if (stopped) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void makeSure(jobs)
    }, patienceMs)
    timers.add(timer)
  }

  const isBypassed = (jobs: readonly Job[]): boolean => {
    const isResting = performance.now() < restUntil
    if (!options.stateUp()) bypass('state_down', jobs)
    else if (isResting) bypass('queue_down', jobs)
    else return false
    return true
  }

  const add = async (jobs: readonly Job[]): Promise<void> => {
    for (let from = 0; from < jobs.length && !stopped; from += MOST_AT_ONCE) {
      const some = jobs.slice(from, from + MOST_AT_ONCE)
      try {
        await queue.add(some)
        options.onQueue(true)
        later(some)
      } catch (error) {
        restUntil = performance.now() + REST_MS
        options.onQueue(false, error)
        return bypass('queue_down', jobs.slice(from))
      }
    }
  }

  return {
    dispatch: (jobs) => {
      for (const job of jobs) newest.set(subjectOfJob(job), job.tick)
      if (isBypassed(jobs)) return
      // One after another: of a thousand targets, what is due at the start takes the queue some seconds.
      adding = adding.then(() => (isBypassed(jobs) ? undefined : add(jobs)))
    },
    stop: () => {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      lanes.stop()
    },
  }
}

/** Runs jobs, some at a time. Of jobs of one unit and target only the newest waits. */
function lanesFor({ concurrency, run }: Pick<DispatcherOptions, 'concurrency' | 'run'>) {
  const line = new Map<string, Job>()
  let lanes = 0
  const lane = async (): Promise<void> => {
    for (const [subject, job] of line) {
      line.delete(subject)
      await run(job)
    }
    lanes -= 1
  }
  return {
    run: (jobs: readonly Job[]) => {
      for (const job of jobs) line.set(subjectOfJob(job), job)
      while (lanes < concurrency && line.size > 0) {
        lanes += 1
        void lane()
      }
    },
    stop: () => line.clear(),
  }
}
