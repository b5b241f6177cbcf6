import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config } from '../config/load.ts'
import { type LatestResults, latestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import { waiverBook } from '../results/waiver-book.ts'
import { startClock } from '../schedule/clock.ts'
import { withDeadline } from '../schedule/deadline.ts'
import { type DispatcherOptions, dispatcher } from '../schedule/dispatcher.ts'
import type { Job } from '../schedule/job.ts'
import { openQueue, type QueueLocation } from '../schedule/queue.ts'
import { type RunnerOptions, runner } from '../schedule/runner.ts'
import { sharedClock } from '../schedule/shared-clock.ts'
import { unwellIn } from '../schedule/unwell-in.ts'
import { type WorkerStatus, workerStatus } from '../schedule/worker-status.ts'
import { heartbeat } from './heartbeat.ts'
import { errorField, type Logger } from './logger.ts'
import { openEvents } from './open-events.ts'
import { openWatched } from './open-watched.ts'
import { showResults } from './show-results.ts'
import { traceLog } from './traces.ts'

/** Jobs one worker runs at a time, over all targets. Each target has its own limit of connections besides. */
const CONCURRENCY = 6
/**
 * How long checks under way may take to end when the worker is stopped, and then how long each thing may take to
 * close: together well below the ten seconds after which containers are killed.
 */
const DRAIN_MS = 4_000
const RELEASE_MS = 1_000
const CLOSE_MS = 1_500
/** How long the first look at the state and the queue may put off the first check. */
const FIRST_BEAT_MS = 3_000

export interface WorkerOptions {
  readonly config: Config
  readonly store: StateStore
  /** Where the state database is, a function where that can change; the queue lives there too without Redis. */
  readonly stateUrl: string | (() => string)
  readonly log: Logger
}

export interface RunningWorker extends AsyncDisposable {
  readonly url: string
  readonly latest: LatestResults
}

/** Puts a worker together and starts it. Disposing it ends what is under way and closes what was opened here. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { config, store, log } = options
  const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  const clock = sharedClock()
  const status = workerStatus()
  const waivers = waiverBook({ store: store.waivers, clock: clock.now })
  const watched = openWatched({ config, clock, waivers })
  const latest = latestResults({ store, worker, clock: clock.now })
  const events = openEvents({ config, store, worker, now: clock.now })
  const shown = await showResults({
    ...{ config, watched, store, latest, waivers, events, clock, status, worker, log },
    closeWithinMs: CLOSE_MS / 2,
  })
  const told = reporting(status, log)
  const logTraces = traceLog(log)
  const isUnwell = unwellIn(latest)
  const runs = runner({
    ...{ worker, store, latest, clock, isUnwell, units: watched.units },
    ...{ targetsOf: watched.targetsOfUnit, inTurn: watched.inTurn, stateUp: () => status.stateUp },
    ...told,
    execute: async (unit, target) => {
      const results = await watched.execute(unit, target)
      logTraces(results)
      return results
    },
  })
  const run = async (job: Job) => {
    await runs.run(job)
    log.debug({ target: job.target, unit: job.unit }, 'ran')
  }
  const queue = await openQueue(queueLocation(options), {
    run,
    concurrency: CONCURRENCY,
    onError: (error) => log.debug(errorField(error), 'trouble with the queue'),
  })
  const dispatch = dispatcher({
    ...{ queue, store, run, hasBegun: runs.hasBegun, concurrency: CONCURRENCY },
    ...told,
    stateUp: () => status.stateUp,
  })
  const beat = heartbeat({
    ...{ store, latest, waivers, queue, clock, status, log },
    events: events.totals,
    onChange: shown.prepare,
  })
  await withDeadline(beat.first, FIRST_BEAT_MS, 'the first look at the backends').catch(() => {})
  const { units, targetsOfUnit: targetsOf, databases, servers } = watched
  const ticking = startClock({ units, targetsOf, clock, isUnwell, onDue: dispatch.dispatch })
  const about = { checks: config.checks.length, databases, servers: servers.length, queue: queue.backend }
  log.info({ worker, address: shown.url, ...about }, 'watching')

  const close = async () => {
    ticking[Symbol.dispose]()
    dispatch.stop()
    queue.pause()
    await withDeadline(runs.stop(DRAIN_MS), DRAIN_MS + RELEASE_MS, 'ending what is under way').catch(() => {})
    const parts = [queue, beat, shown, watched].map((part) => Promise.resolve(part[Symbol.asyncDispose]()))
    await Promise.all(parts.map((part) => withDeadline(part, CLOSE_MS, 'closing').catch(() => {})))
  }
  return { url: shown.url, latest, [Symbol.asyncDispose]: close }
}

function queueLocation({ config, stateUrl }: WorkerOptions): QueueLocation {
  return { redisUrl: config.redisUrl, postgresUrl: typeof stateUrl === 'string' ? () => stateUrl : stateUrl }
}

type Reporting = Pick<RunnerOptions, 'onSkip' | 'onUnclaimed'> &
  Pick<DispatcherOptions, 'onBypass' | 'onQueue'>

/** What runs otherwise than planned is counted each time; of the queue, only changes are logged. */
function reporting(status: WorkerStatus, log: Logger): Reporting {
  return {
    onSkip: (reason) => {
      status.skippedTicks[reason] += 1
    },
    onUnclaimed: (error) =>
      log.warn(errorField(error), 'the state database did not answer; running without it'),
    onBypass: (reason, jobs) => {
      status.bypassedRuns[reason] += jobs
      log[reason === 'queue_stuck' ? 'warn' : 'debug']({ reason, jobs }, 'running checks without the queue')
    },
    onQueue: (up, error) => {
      if (up !== status.queueTakes) log.warn({ up, ...(up ? {} : errorField(error)) }, 'the queue changed')
      status.queueTakes = up
      status.queueUp = up
    },
  }
}
