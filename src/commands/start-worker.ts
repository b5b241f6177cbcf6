import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { CheckId } from '../catalogue/naming.ts'
import type { Config } from '../config/load.ts'
import { createHttpApp } from '../http/create-http-app.ts'
import { type HttpServer, listen } from '../http/listen.ts'
import { checkMetrics } from '../metrics/check-metrics.ts'
import { type ShownCheck, validUntil } from '../metrics/current-results.ts'
import { preparedMetrics } from '../metrics/prepared-metrics.ts'
import { openProbeMetrics } from '../metrics/probe-metrics.ts'
import { openProcessMetrics } from '../metrics/process-metrics.ts'
import { workerMetrics } from '../metrics/worker-metrics.ts'
import { type LatestResults, latestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import { type WaiverBook, waiverBook } from '../results/waiver-book.ts'
import { openFleet, probeTargets, signingKeysOf } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import { runProbe } from '../run/run-probe.ts'
import { runUnit } from '../run/run-unit.ts'
import { planUnits, type Unit } from '../scan/plan.ts'
import { startClock } from '../schedule/clock.ts'
import { withDeadline } from '../schedule/deadline.ts'
import { type DispatcherOptions, dispatcher } from '../schedule/dispatcher.ts'
import type { Job } from '../schedule/job.ts'
import { openQueue, type QueueLocation } from '../schedule/queue.ts'
import { runner } from '../schedule/runner.ts'
import { type SharedClock, sharedClock } from '../schedule/shared-clock.ts'
import { type WorkerStatus, workerStatus } from '../schedule/worker-status.ts'
import { heartbeat } from './heartbeat.ts'
import { errorField, type Logger } from './logger.ts'
import { type Events, openEvents } from './open-events.ts'
import { openPages } from './open-pages.ts'
import { openWebConfig } from './open-web-config.ts'
import { targetOptions } from './target-options.ts'
import { version } from './version.ts'

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
  const watched = openWatched(config, clock, waivers)
  const latest = latestResults({ store, worker, clock: clock.now })
  const events = openEvents({ config, store, worker, now: clock.now })
  const shown = await showResults({ config, watched, store, latest, events, clock, status, worker, log })
  const runs = runner({
    ...{ worker, store, latest, units: watched.units },
    ...{ targetsOf: watched.targetsOfUnit, execute: watched.execute, stateUp: () => status.stateUp },
    onSkip: (reason) => {
      status.skippedTicks[reason] += 1
    },
    onUnclaimed: (error) =>
      log.warn(errorField(error), 'the state database did not answer; running without it'),
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
    ...reporting(status, log),
    stateUp: () => status.stateUp,
  })
  const beat = heartbeat({
    ...{ store, latest, waivers, queue, clock, status, log },
    events: events.totals,
    onChange: shown.prepare,
  })
  await withDeadline(beat.first, FIRST_BEAT_MS, 'the first look at the backends').catch(() => {})
  const { units, targetsOfUnit } = watched
  const ticking = startClock({ units, targetsOf: targetsOfUnit, clock, onDue: dispatch.dispatch })
  const { databases, servers } = watched
  const about = { checks: config.checks.length, databases, servers: servers.length, queue: queue.backend }
  log.info({ worker, address: shown.http.url, ...about }, 'watching')

  const close = async () => {
    ticking[Symbol.dispose]()
    dispatch.stop()
    queue.pause()
    await withDeadline(runs.stop(DRAIN_MS), DRAIN_MS + RELEASE_MS, 'ending what is under way').catch(() => {})
    const parts = [queue, beat, shown, watched].map((part) => Promise.resolve(part[Symbol.asyncDispose]()))
    await Promise.all(parts.map((part) => withDeadline(part, CLOSE_MS, 'closing').catch(() => {})))
  }
  return { url: shown.http.url, latest, [Symbol.asyncDispose]: close }
}

function queueLocation({ config, stateUrl }: WorkerOptions): QueueLocation {
  return { redisUrl: config.redisUrl, postgresUrl: typeof stateUrl === 'string' ? () => stateUrl : stateUrl }
}

/** What is watched, and how to run a unit on it. Nothing is connected yet. */
function openWatched(config: Config, clock: SharedClock, waivers: Pick<WaiverBook, 'keysOf'>) {
  const targets = openTargets(targetOptions(config, clock.now))
  const fleet = openFleet({
    ...config.fleet,
    policy: config.policy,
    signingKeys: signingKeysOf(targets),
    version: version(),
  })
  const databases = targets.map(({ name }) => name)
  const targetsOf = ({ kind, scope }: Pick<ShownCheck, 'kind' | 'scope'>) =>
    kind === 'probe' ? probeTargets({ scope: scope ?? 'server' }, fleet) : databases
  const probes = openProbeMetrics()
  const execute = async (unit: Unit, name: string) => {
    if (unit.kind === 'probe') {
      const [check] = unit.checks
      const waived = waivers.keysOf({ check: check.id, target: name })
      const run = { target: name, fleet, clock: clock.now, onStep: probes.observe, waived }
      return [await runProbe(check, run)]
    }
    const target = targets.find((each) => each.name === name)!
    const waived = (check: CheckId) => waivers.keysOf({ check, target: name })
    return runUnit(unit, { target, clock: clock.now, waived })
  }
  return {
    ...{ databases, servers: fleet.servers, probes, targetsOf, execute },
    units: planUnits(config.checks),
    targetsOfUnit: (unit: Unit) => targetsOf(unit.checks[0]!),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([targets[Symbol.asyncDispose](), fleet[Symbol.asyncDispose]()])
    },
  }
}

/** Serves `/metrics` and the pages; `prepare` is to be called when there is something new to show. */
async function showResults(options: {
  readonly config: Config
  readonly watched: ReturnType<typeof openWatched>
  readonly store: StateStore
  readonly latest: LatestResults
  readonly events: Events
  readonly clock: SharedClock
  readonly status: WorkerStatus
  readonly worker: string
  readonly log: Logger
}) {
  const { config, watched, latest, events, clock, status, log } = options
  const { probes } = watched
  const web = openWebConfig(config, log)
  const usage = openProcessMetrics({ version: version() })
  const pages = openPages({ ...options, units: watched.units, targetsOf: watched.targetsOf })
  const metrics = preparedMetrics({
    workerMetrics: () => workerMetrics(status),
    processMetrics: async () => [...(await probes.families()), ...(await usage.families())],
    clock: clock.now,
    seriesLimit: config.maxSeries,
  })
  const app = createHttpApp({
    version: version(),
    metrics,
    pages: pages.sources,
    notReady: () => (latest.all().length === 0 ? ['no check has run yet'] : []),
    countRequest: (request) => usage.countRequest(request),
    ingest: events.route,
    report: (cause) => log.error(errorField(cause), 'a request failed'),
    ...(web === undefined ? {} : { web }),
  })
  const { host, port } = config.http
  const guarded = web === undefined ? {} : { web }
  const http: HttpServer = await listen(app, { host, port, closeWithinMs: CLOSE_MS / 2, ...guarded })
  const prepare = () => {
    pages.observe()
    metrics.prepare((now) => {
      const current = { ...pages.sources.snapshot(), now }
      const seen = events.metrics(now)
      const families = [...checkMetrics(current), ...seen.families]
      return { families, validUntil: Math.min(validUntil(current), seen.validUntil) }
    })
  }
  const close = async () => {
    await http[Symbol.asyncDispose]()
    usage[Symbol.dispose]()
    web?.[Symbol.dispose]()
  }
  return { http, prepare, [Symbol.asyncDispose]: close }
}

/** Trouble is counted each time and logged when it begins. */
function reporting(status: WorkerStatus, log: Logger): Pick<DispatcherOptions, 'onBypass' | 'onQueue'> {
  return {
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
