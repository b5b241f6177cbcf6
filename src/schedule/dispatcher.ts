import { groupBy } from '../catalogue/group-by.ts'
import type { StateStore } from '../results/state-store.ts'
import { type Job, subjectOfJob } from './job.ts'
import type { JobQueue } from './queue.ts'

/** How long a job may lie in the queue before this process runs it itself. */
const PATIENCE_MS = 5_000

/** Why jobs were run without the queue. */
export type BypassReason = 'queue_down' | 'queue_stuck' | 'state_down'

export interface DispatcherOptions {
  readonly queue: JobQueue
  readonly store: Pick<StateStore, 'claimedSince'>
  /** Whether the state database answered lately. Without it workers cannot share, so each looks for itself. */
  readonly stateUp: () => boolean
  readonly run: (job: Job) => Promise<void>
  readonly onBypass: (reason: BypassReason, jobs: number) => void
  readonly onQueue: (up: boolean, error?: unknown) => void
  /** Jobs that are run at a time when the queue is bypassed. */
  readonly concurrency: number
  readonly patienceMs?: number
}

export interface Dispatcher extends AsyncDisposable {
  /** Sees to it that the jobs are run, by the queue or without it. Returns at once; never throws. */
  dispatch(jobs: readonly Job[]): void
}

async function runAll(
  jobs: readonly Job[],
  concurrency: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const rest = jobs.values()
  const lane = async () => {
    for (const job of rest) await run(job)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, lane))
}

export function dispatcher(options: DispatcherOptions): Dispatcher {
  const timers = new Set<NodeJS.Timeout>()
  const underWay = new Set<Promise<void>>()

  const bypass = async (reason: BypassReason, jobs: readonly Job[]): Promise<void> => {
    if (jobs.length === 0) return
    options.onBypass(reason, jobs.length)
    await runAll(jobs, options.concurrency, options.run)
  }

  /** A queue can take a job and never hand it out; what nobody has begun by now is run here. */
  const makeSure = async (jobs: readonly Job[]): Promise<void> => {
    for (const [tick, due] of groupBy(jobs, (job) => job.tick)) {
      try {
        const begun = new Set((await options.store.claimedSince(new Date(tick))).map(subjectOfJob))
        await bypass(
          'queue_stuck',
          due.filter((job) => !begun.has(subjectOfJob(job))),
        )
      } catch {
        await bypass('state_down', due)
      }
    }
  }

  const track = (work: Promise<void>): void => {
    const tracked = work.catch(() => {}).finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }

  const later = (jobs: readonly Job[]): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      track(makeSure(jobs))
    }, options.patienceMs ?? PATIENCE_MS)
    timers.add(timer)
  }

  const send = async (jobs: readonly Job[]): Promise<void> => {
    if (!options.stateUp()) return bypass('state_down', jobs)
    try {
      await options.queue.add(jobs)
      options.onQueue(true)
      later(jobs)
    } catch (error) {
      options.onQueue(false, error)
      await bypass('queue_down', jobs)
    }
  }

  return {
    dispatch: (jobs) => track(send(jobs)),
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}
