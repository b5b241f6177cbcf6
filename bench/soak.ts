import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { milliseconds } from '../src/catalogue/duration.ts'
import { defaultPolicy } from '../src/catalogue/policy.ts'
import { checks } from '../src/checks/index.ts'
import { checkMetrics } from '../src/metrics/check-metrics.ts'
import { validUntil } from '../src/metrics/current-results.ts'
import { preparedMetrics } from '../src/metrics/prepared-metrics.ts'
import { openProcessMetrics } from '../src/metrics/process-metrics.ts'
import { latestResults } from '../src/results/latest-results.ts'
import { openState } from '../src/results/open-state.ts'
import { openTarget } from '../src/run/open-target.ts'
import { runUnit } from '../src/run/run-unit.ts'
import { planUnits, type Unit } from '../src/scan/plan.ts'
import type { Job } from '../src/schedule/job.ts'
import { openQueue } from '../src/schedule/queue.ts'
import { runner } from '../src/schedule/runner.ts'

// The days of the idle benchmark, in a process of their own: every tick of them, one after another, as fast as the
// real parts of a worker run them. Tells its parent after each hour what is in use once garbage is collected.

const MINUTE = 60_000
const DAY_MINUTES = 24 * 60
const SCRAPES_A_MINUTE = 4
const TARGET = 'app'
const TICK_TIMEOUT_MS = 30_000

async function usedBytes(): Promise<number> {
  // What the first collection leaves to be finished, the second takes.
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A worker's parts but for its clock. */
async function openParts(urls: {
  readonly application: string
  readonly state: string
  readonly redis: string
}) {
  const units = planUnits(checks)
  const clock = Date.now
  const store = await openState({ url: urls.state })
  const target = openTarget({
    name: TARGET,
    url: urls.application,
    policy: defaultPolicy,
    overrides: {},
    clock,
  })
  const latest = latestResults({ store, worker: 'soak', clock })
  const runs = runner({
    ...{ worker: 'soak', units, store, latest, targetsOf: () => [TARGET], stateUp: () => true },
    // Ticks of days pass in hours, and each is run: for the schedule it is always long ago.
    ...{ clock: { now: () => 0 }, isUnwell: () => false },
    inTurn: (unit, _, work) => target.turns.take(unit.id, work),
    execute: async (unit: Unit) => (unit.kind === 'probe' ? [] : runUnit(unit, { target, clock })),
    onSkip: (reason) => {
      throw new Error(`a run was skipped: ${reason}`)
    },
    onUnclaimed: () => {},
  })
  let ended = 0
  const run = (job: Job) =>
    runs.run(job).finally(() => {
      ended += 1
    })
  const handlers = { run, onError: () => {}, concurrency: 6 }
  const queue = await openQueue({ redisUrl: urls.redis, postgresUrl: () => urls.state }, handlers)
  const usage = openProcessMetrics({ version: '0.0.0' })
  const metrics = preparedMetrics({ workerMetrics: () => [], processMetrics: () => usage.families(), clock })
  const show = () =>
    metrics.prepare((now) => {
      const snapshot = { checks, targetsOf: () => [TARGET], results: latest.all(), now }
      return { families: checkMetrics(snapshot), validUntil: validUntil(snapshot) }
    })
  const close = async () => {
    await queue[Symbol.asyncDispose]()
    await target[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
  return { units, queue, latest, metrics, show, ended: () => ended, [Symbol.asyncDispose]: close }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...{ application: { type: 'string' }, state: { type: 'string' }, redis: { type: 'string' } },
      days: { type: 'string', default: '1' },
    },
  })
  const { application = '', state = '', redis = '', days } = values
  const minutes = Number(days) * DAY_MINUTES
  await using parts = await openParts({ application, state, redis })
  const begin = Math.floor(Date.now() / MINUTE) * MINUTE - minutes * MINUTE
  let added = 0
  for (let minute = 0; minute < minutes; minute += 1) {
    const tick = begin + minute * MINUTE
    const due = parts.units.filter(({ every }) => minute % Math.max(1, milliseconds(every) / MINUTE) === 0)
    await parts.queue.add(due.map(({ id }) => ({ target: TARGET, unit: id, tick })))
    added += due.length
    const deadline = performance.now() + TICK_TIMEOUT_MS
    while (parts.ended() < added) {
      if (performance.now() > deadline) throw new Error(`tick ${minute} did not end`)
      await sleep(2)
    }
    await parts.latest.sync()
    parts.show()
    for (let n = 0; n < SCRAPES_A_MINUTE; n += 1)
      await parts.metrics.exposition({ format: 'text', gzip: true })
    if (minute % 60 === 59) process.send?.({ hour: (minute + 1) / 60, bytes: await usedBytes(), runs: added })
  }
}

await main()
process.disconnect?.()
