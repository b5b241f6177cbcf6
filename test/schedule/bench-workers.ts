import type { Result } from '../../src/catalogue/result.ts'
import { checks } from '../../src/checks/index.ts'
import { latestResults } from '../../src/results/latest-results.ts'
import { openState } from '../../src/results/open-state.ts'
import { planUnits, type Unit } from '../../src/scan/plan.ts'
import { startClock } from '../../src/schedule/clock.ts'
import { type BypassReason, dispatcher } from '../../src/schedule/dispatcher.ts'
import type { Job } from '../../src/schedule/job.ts'
import { openQueue } from '../../src/schedule/queue.ts'
import { type RunnerOptions, runner, type SkipReason } from '../../src/schedule/runner.ts'
import { type SharedClock, sharedClock } from '../../src/schedule/shared-clock.ts'
import { unwellIn } from '../../src/schedule/unwell-in.ts'

export const TARGET = 'shop'

/** One real unit, at an interval too short for a configuration. */
export function unitEvery(every: Unit['every']): Unit {
  const check = checks.find(({ id }) => id === 'user.population')!
  return planUnits([{ ...check, every, timeout: '1s' }])[0]!
}

export interface BenchWorker extends AsyncDisposable {
  readonly skipped: readonly SkipReason[]
  readonly bypassed: readonly BypassReason[]
  /** Begins to tick. */
  start(): void
  run(job: Job): Promise<void>
  /** Takes in what other workers found. */
  learn(): Promise<void>
}

/** A worker in this process, of the real parts but for what it runs. */
export async function benchWorker(options: {
  readonly name: string
  readonly state: { readonly url: string }
  readonly unit: Unit
  readonly execute: (unit: Unit, target: string) => Promise<readonly Result[]>
  /** Absent: everything may run at once. */
  readonly inTurn?: RunnerOptions['inTurn']
  /** Absent: only {@link TARGET}. */
  readonly targets?: readonly string[]
  /** Absent: the queue is in the database, as the state is. */
  readonly redisUrl?: string
  /** Absent: the database's. */
  readonly clock?: SharedClock
}): Promise<BenchWorker> {
  const { name, state, unit, execute, redisUrl = null, clock = sharedClock() } = options
  const store = await openState({ url: state.url })
  if (options.clock === undefined) clock.sync((await store.now(5_000)).getTime())
  const skipped: SkipReason[] = []
  const bypassed: BypassReason[] = []
  const { targets = [TARGET], inTurn = (_unit, _target, work) => work() } = options
  const latest = latestResults({ store, worker: name, clock: clock.now })
  const isUnwell = unwellIn(latest)
  const parts = { units: [unit], targetsOf: () => targets, clock, isUnwell, store, stateUp: () => true }
  const runs = runner({
    ...{ ...parts, worker: name, inTurn, execute, latest },
    onSkip: (reason) => skipped.push(reason),
    onUnclaimed: () => {},
  })
  const handlers = { run: runs.run, onError: () => {}, concurrency: 4 }
  const queue = await openQueue({ redisUrl, postgresUrl: () => state.url }, handlers)
  const dispatch = dispatcher({
    ...{ ...parts, queue, run: runs.run, hasBegun: runs.hasBegun, concurrency: 4 },
    onBypass: (reason, jobs) => bypassed.push(...Array<BypassReason>(jobs).fill(reason)),
    onQueue: () => {},
    patienceMs: 2_000,
  })
  let ticking: Disposable | undefined
  return {
    skipped,
    bypassed,
    run: runs.run,
    learn: latest.sync,
    start: () => {
      ticking = startClock({ ...parts, onDue: dispatch.dispatch })
    },
    [Symbol.asyncDispose]: async () => {
      ticking?.[Symbol.dispose]()
      dispatch.stop()
      queue.pause()
      await runs.stop(5_000)
      await queue[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
