import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Check } from '../catalogue/check.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Config } from '../config/load.ts'
import { createHttpApp } from '../http/create-http-app.ts'
import { type HttpServer, listen } from '../http/listen.ts'
import { checkMetrics } from '../metrics/check-metrics.ts'
import { validUntil } from '../metrics/current-results.ts'
import { preparedMetrics } from '../metrics/prepared-metrics.ts'
import { openProbeMetrics } from '../metrics/probe-metrics.ts'
import { openProcessMetrics } from '../metrics/process-metrics.ts'
import { workerMetrics } from '../metrics/worker-metrics.ts'
import { type LatestResults, latestResults } from '../results/latest-results.ts'
import type { StateStore } from '../results/state-store.ts'
import { openFleet, probeTargets, signingKeysOf } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import { runProbe } from '../run/run-probe.ts'
import { runUnit } from '../run/run-unit.ts'
import { planUnits, type Unit } from '../scan/plan.ts'
import { startClock } from '../schedule/clock.ts'
import { dispatcher } from '../schedule/dispatcher.ts'
import type { Job } from '../schedule/job.ts'
import { openQueue } from '../schedule/queue.ts'
import { runner } from '../schedule/runner.ts'
import { sharedClock } from '../schedule/shared-clock.ts'
import { workerStatus } from '../schedule/worker-status.ts'
import { heartbeat } from './heartbeat.ts'
import { errorField, type Logger } from './logger.ts'
import { targetOptions } from './target-options.ts'
import { version } from './version.ts'

/** Jobs one worker runs at a time, over all targets. Each target has its own limit of connections besides. */
const CONCURRENCY = 6
/** How long checks under way may take to end when the worker is stopped. */
const DRAIN_MS = 8_000

export interface WorkerOptions {
  readonly config: Config
  readonly store: StateStore
  /** Where the state database is; the queue lives there too when there is no Redis. */
  readonly stateUrl: string
  readonly log: Logger
}

export interface RunningWorker extends AsyncDisposable {
  readonly url: string
  readonly latest: LatestResults
}

/** Puts a worker together and starts it. Disposing it ends what is under way and closes what was opened here. */
export async function startWorker({ config, store, stateUrl, log }: WorkerOptions): Promise<RunningWorker> {
  const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  const clock = sharedClock()
  const status = workerStatus()
  const units = planUnits(config.checks)
  const targets = openTargets(targetOptions(config, clock.now))
  const fleet = openFleet({
    ...config.fleet,
    policy: config.policy,
    signingKeys: signingKeysOf(targets),
    version: version(),
  })
  const databases = targets.map(({ name }) => name)
  const targetsOf = ({
    kind,
    scope,
  }: {
    readonly kind?: Check['kind']
    readonly scope?: ProbeCheck['scope']
  }) => (kind === 'probe' ? probeTargets({ scope: scope ?? 'server' }, fleet) : databases)
  const targetsOfUnit = (unit: Unit) => targetsOf(unit.checks[0]!)
  const probes = openProbeMetrics()
  const latest = latestResults({ store, worker })
  const usage = openProcessMetrics({ version: version() })
  const snapshot = () => ({ checks: config.checks, targetsOf, results: latest.all(), now: clock.now() })
  const metrics = preparedMetrics({
    workerMetrics: () => workerMetrics(status),
    processMetrics: async () => [...(await probes.families()), ...(await usage.families())],
    clock: clock.now,
    seriesLimit: config.maxSeries,
  })
  const http: HttpServer = await listen(
    createHttpApp({
      version: version(),
      metrics,
      snapshot,
      notReady: () => (latest.all().length === 0 ? ['no check has run yet'] : []),
      countRequest: (request) => usage.countRequest(request),
      report: (cause) => log.error(errorField(cause), 'a request failed'),
    }),
    config.http,
  )
  const runs = runner({
    ...{ worker, units, store, latest, targetsOf: targetsOfUnit },
    execute: async (unit, name) => {
      if (unit.kind === 'probe') {
        return [
          await runProbe(unit.checks[0], { target: name, fleet, clock: clock.now, onStep: probes.observe }),
        ]
      }
      return runUnit(unit, { target: targets.find((each) => each.name === name)!, clock: clock.now })
    },
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
  const queue = await openQueue(
    { redisUrl: config.redisUrl, postgresUrl: stateUrl },
    {
      run,
      concurrency: CONCURRENCY,
      onError: (error) => log.debug(errorField(error), 'trouble with the queue'),
    },
  )
  const dispatch = dispatcher({
    ...{ queue, store, run, concurrency: CONCURRENCY, stateUp: () => status.stateUp },
    onBypass: (reason, jobs) => {
      status.bypassedRuns[reason] += jobs
      log.warn({ reason, jobs }, 'running checks without the queue')
    },
    onQueue: (up, error) => {
      if (up !== status.queueUp) log.warn({ up, ...(up ? {} : errorField(error)) }, 'the queue changed')
      status.queueUp = up
    },
  })
  const prepare = () =>
    metrics.prepare((now) => {
      const current = { ...snapshot(), now }
      return { families: checkMetrics(current), validUntil: validUntil(current) }
    })
  const beat = heartbeat({ store, latest, queue, clock, status, log, onChange: prepare })
  await beat.first
  const ticking = startClock({ units, targetsOf: targetsOfUnit, clock, onDue: dispatch.dispatch })
  log.info(
    {
      worker,
      address: http.url,
      checks: config.checks.length,
      databases,
      servers: fleet.servers.length,
      queue: queue.backend,
    },
    'watching',
  )

  const close = async () => {
    ticking[Symbol.dispose]()
    await runs.drain(DRAIN_MS)
    await dispatch[Symbol.asyncDispose]()
    await queue[Symbol.asyncDispose]()
    await beat[Symbol.asyncDispose]()
    await http[Symbol.asyncDispose]()
    usage[Symbol.dispose]()
    await targets[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  }
  return { url: http.url, latest, [Symbol.asyncDispose]: close }
}
