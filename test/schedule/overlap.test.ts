import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Result } from '../../src/catalogue/result.ts'
import { sharedClock } from '../../src/schedule/shared-clock.ts'
import { ownServer } from '../commands/own-server.ts'
import { stateDatabase } from '../results/state-database.ts'
import { type BenchWorker, benchWorker, TARGET, unitEvery } from './bench-workers.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Runs that take as long as they are told to, and how many of them there were at once. */
function slowRuns() {
  const state = { takesMs: 0, running: 0, most: 0, runs: 0 }
  const execute = async (): Promise<readonly Result[]> => {
    state.running += 1
    state.most = Math.max(state.most, state.running)
    state.runs += 1
    const startedAt = Date.now()
    await sleep(state.takesMs)
    state.running -= 1
    const verdict = { state: 'pass', values: {} } as const
    return [{ check: 'user.population', target: TARGET, startedAt, durationMs: state.takesMs, verdict }]
  }
  return { state, execute }
}

/** A time that stands still at a tick of 10 seconds until it is set. */
function standingClock() {
  const tick = Math.floor(Date.now() / 10_000) * 10_000
  const state = { now: tick }
  const clock = sharedClock({ wall: () => state.now, monotonic: () => state.now })
  return { tick, clock, state }
}

const QUIET_MS = 3_000
const RECOVERY_MS = 20_000

/** A machine that is too busy for ticks of one second skips some as well, but not all the time. */
async function untilNothingIsSkipped(workers: readonly BenchWorker[]): Promise<void> {
  for (const deadline = Date.now() + RECOVERY_MS; Date.now() < deadline; ) {
    const before = skipsOf(workers).length
    await sleep(QUIET_MS)
    if (skipsOf(workers).length === before) return
  }
  throw new Error('ticks are still skipped')
}

const skipsOf = (workers: readonly BenchWorker[]) => workers.flatMap(({ skipped }) => skipped)

test('a unit that is still running at the next tick is counted as skipped, and never runs twice at once', async () => {
  await using state = await stateDatabase()
  const slow = slowRuns()
  const common = { state, unit: unitEvery('1s'), execute: slow.execute }
  await using one = await benchWorker({ ...common, name: 'one' })
  await using two = await benchWorker({ ...common, name: 'two' })
  const workers = [one, two]
  for (const worker of workers) worker.start()
  await sleep(2_000)
  expect(slow.state.runs).toBeGreaterThanOrEqual(1)
  expect(slow.state.most).toBe(1)
  await untilNothingIsSkipped(workers)
  const healthySkips = skipsOf(workers).length

  slow.state.takesMs = 2_500
  const runsBefore = slow.state.runs
  const began = Date.now()
  await sleep(8_000)
  const ticks = (Date.now() - began) / 1000
  const runs = slow.state.runs - runsBefore
  expect(slow.state.most).toBe(1)
  expect(runs).toBeGreaterThanOrEqual(2)
  expect(runs).toBeLessThanOrEqual(Math.ceil(ticks / 2.5))
  // Each tick is run or skipped, once over both workers; the first and the last may be half in this time.
  expect(skipsOf(workers)).toContain('overlap')
  expect(skipsOf(workers)).not.toContain('unknown')
  const skipped = skipsOf(workers).length - healthySkips
  expect(skipped).toBeGreaterThan(0)
  expect(Math.abs(runs + skipped - ticks)).toBeLessThanOrEqual(2.5)

  slow.state.takesMs = 0
  await untilNothingIsSkipped(workers)
  const [{ doubles } = {}] = await state.query(
    'select count(*)::int as doubles from (select tick from check_run group by tick having count(*) > 1) as d',
  )
  expect(doubles).toBe(0)
})

test('the same job that comes twice, or is not of this configuration, is no overlap', async () => {
  await using state = await stateDatabase()
  const slow = slowRuns()
  slow.state.takesMs = 300
  const unit = unitEvery('10s')
  const { clock, tick } = standingClock()
  await using worker = await benchWorker({ state, unit, execute: slow.execute, name: 'one', clock })
  const job = { target: TARGET, unit: unit.id, tick }
  await Promise.all([worker.run(job), worker.run(job), worker.run({ ...job, tick: job.tick - 10_000 })])
  await worker.run(job)
  expect(slow.state.runs).toBe(1)
  expect(worker.skipped).toEqual(['superseded'])

  await worker.run({ ...job, target: 'elsewhere' })
  await worker.run({ ...job, unit: 'unheard-of' })
  expect(worker.skipped).toEqual(['superseded', 'unknown', 'unknown'])
  expect(slow.state.runs).toBe(1)
})

test('a lease that could not be given back is given back later, and does not keep others out', async () => {
  await using server = await ownServer(['state'])
  const unit = unitEvery('10s')
  const slow = slowRuns()
  const state = { url: server.url('state') }
  const { clock, tick, state: time } = standingClock()
  await using one = await benchWorker({ state, unit, execute: slow.execute, name: 'one', clock })
  await using two = await benchWorker({ state, unit, execute: slow.execute, name: 'two', clock })
  const job = { target: TARGET, unit: unit.id, tick }
  await one.run(job)
  expect(slow.state.runs).toBe(1)

  slow.state.takesMs = 1_000
  time.now = tick + 10_000
  const running = one.run({ ...job, tick: tick + 10_000 })
  await sleep(500)
  await server.stop()
  await running
  await server.start()
  const finished = `select from run_lease where finished_at is not null`
  await vi.waitFor(async () => expect(await server.query('state', finished)).toHaveLength(1), {
    timeout: 10_000,
    interval: 200,
  })
  time.now = tick + 20_000
  await two.run({ ...job, tick: tick + 20_000 })
  expect(slow.state.runs).toBe(3)
  expect(skipsOf([one, two])).toEqual([])
})

test('a tick that was run without the state is not run again when the queue hands it out at last', async () => {
  await using server = await ownServer(['state'])
  const unit = unitEvery('10s')
  const slow = slowRuns()
  const state = { url: server.url('state') }
  const { clock, tick, state: time } = standingClock()
  await using worker = await benchWorker({ state, unit, execute: slow.execute, name: 'one', clock })
  const jobs = [0, 10_000, 20_000].map((after) => ({ target: TARGET, unit: unit.id, tick: tick + after }))
  await server.stop()
  for (const job of jobs.slice(0, 2)) {
    time.now = job.tick
    await worker.run(job)
  }
  expect(slow.state.runs).toBe(2)

  await server.start()
  time.now = tick + 20_000
  for (const job of jobs) await worker.run(job)
  expect(slow.state.runs).toBe(3)
  expect(worker.skipped).toEqual([])
})

test('what waits for its turn has claimed nothing: another worker runs it meanwhile', async () => {
  await using state = await stateDatabase()
  const [one, two] = [slowRuns(), slowRuns()]
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const unit = unitEvery('1m')
  await using waiting = await benchWorker({
    ...{ name: 'one', state, unit, execute: one.execute },
    inTurn: (_unit, _target, work) => opened.then(work),
  })
  await using free = await benchWorker({ name: 'two', state, unit, execute: two.execute })
  const tick = Math.floor(Date.now() / 60_000) * 60_000
  const job = { unit: unit.id, target: TARGET, tick }

  const waited = waiting.run(job)
  await free.run(job)
  expect([one.state.runs, two.state.runs]).toEqual([0, 1])
  open()
  await waited
  expect([one.state.runs, two.state.runs]).toEqual([0, 1])
  expect([...waiting.skipped, ...free.skipped]).toEqual([])
})
