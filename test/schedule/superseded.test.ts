import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Result } from '../../src/catalogue/result.ts'
import type { Unit } from '../../src/scan/plan.ts'
import { newestDue } from '../../src/schedule/newest-due.ts'
import { type ClockSource, sharedClock } from '../../src/schedule/shared-clock.ts'
import { phaseOf } from '../../src/schedule/tick.ts'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { startRedis } from '../support/redis.ts'
import { type BenchWorker, benchWorker, TARGET, unitEvery } from './bench-workers.ts'

vi.setConfig({ testTimeout: 90_000 })

const TEN_S = 10_000
/** Ten days ago, so that no tick is ahead of the database's own clock. */
const BEGIN = Math.floor(Date.now() / TEN_S) * TEN_S - 864_000_000

/** A time that stands still until it is set. */
function standingClock() {
  const state = { now: BEGIN }
  const source: ClockSource = { wall: () => state.now, monotonic: () => state.now }
  return { state, clock: sharedClock(source) }
}

const passed = (target: string, startedAt: number): readonly Result[] => [
  { check: 'user.population', target, startedAt, durationMs: 1, verdict: { state: 'pass', values: {} } },
]

test('only a newer tick that is due takes the place of a job', () => {
  const job = { target: 'shop', unit: 'a', tick: BEGIN }
  const of = (
    now: number,
    options: { every?: Unit['every']; targets?: string[]; isUnwell?: boolean } = {},
  ) => {
    const { every = '10s', targets = ['shop'], isUnwell = false } = options
    return newestDue({ job, unit: { every }, targets, now, isUnwell }).tick - BEGIN
  }
  expect([0, 1, 9_999, 10_000, 25_000].map((after) => of(BEGIN + after))).toEqual([0, 0, 0, TEN_S, 2 * TEN_S])
  // This worker's clock is behind, or it does not know why the check is looked at more often.
  expect(of(BEGIN - 60_000)).toBe(0)
  expect(of(BEGIN + 60_000, { every: '6h' })).toBe(0)
  // Ticks of one of several targets are after its phase.
  const targets = ['shop', 'blog']
  const phase = phaseOf('shop', 60_000)
  const late = newestDue({
    ...{ unit: { every: '1m' }, targets, isUnwell: false, now: BEGIN + 120_000 },
    job: { ...job, tick: BEGIN - 600_000 },
  }).tick
  expect((late - phase) % 60_000).toBe(0)
  expect(BEGIN + 120_000 - late).toBeLessThan(60_000)
  // A unit of six hours that fails is looked at every five minutes.
  const six = Math.ceil(BEGIN / 21_600_000) * 21_600_000
  const again = {
    unit: { every: '6h' },
    targets: ['shop'],
    now: six + 700_000,
    job: { ...job, tick: six },
  } as const
  expect(newestDue({ ...again, isUnwell: true }).tick - six).toBe(600_000)
  expect(newestDue({ ...again, isUnwell: false }).tick - six).toBe(0)
})

test('a job that comes late is run as the newest tick that is due, once over all workers, and the older ones are skipped', async () => {
  await using state = await stateDatabase()
  const { state: time, clock } = standingClock()
  const unit = unitEvery('10s')
  let runs = 0
  const execute = async () => {
    runs += 1
    return passed(TARGET, time.now + runs)
  }
  const common = { state, unit, execute, clock }
  await using one = await benchWorker({ ...common, name: 'one' })
  await using two = await benchWorker({ ...common, name: 'two' })
  const job = { target: TARGET, unit: unit.id, tick: BEGIN }
  const later = (ticks: number) => ({ ...job, tick: BEGIN + ticks * TEN_S })
  await one.run(job)
  expect(await ticksOf(state)).toEqual([0])

  time.now = BEGIN + 35_000
  await one.run(later(1))
  expect(await ticksOf(state)).toEqual([0, 3])
  for (const worker of [two, one]) {
    await worker.run(later(2))
    await worker.run(later(3))
  }
  expect(await ticksOf(state)).toEqual([0, 3])
  expect([one.skipped, two.skipped]).toEqual([['superseded', 'superseded'], ['superseded']])

  // The successor is due, and nobody hands it out.
  time.now = BEGIN + 70_000
  await two.run(later(6))
  expect(await ticksOf(state)).toEqual([0, 3, 7])
})

test('a newest tick that finds an older run still going is left to its own job', async () => {
  await using state = await stateDatabase()
  const { state: time, clock } = standingClock()
  const unit = unitEvery('10s')
  let release = () => {}
  let holds = true
  const execute = async () => {
    const startedAt = time.now
    if (holds) await new Promise<void>((resolve) => (release = resolve))
    return passed(TARGET, startedAt)
  }
  const common = { state, unit, execute, clock }
  await using one = await benchWorker({ ...common, name: 'one' })
  await using two = await benchWorker({ ...common, name: 'two' })
  const job = { target: TARGET, unit: unit.id, tick: BEGIN }
  const long = one.run(job)
  await vi.waitFor(async () => expect(await state.query('select from run_lease')).toHaveLength(1))

  time.now = BEGIN + 2 * TEN_S
  const late = { ...job, tick: BEGIN + TEN_S }
  const newest = { ...job, tick: BEGIN + 2 * TEN_S }
  for (const worker of [one, two]) await worker.run(late)
  expect([...one.skipped, ...two.skipped]).toEqual(['superseded', 'superseded'])
  await one.run(newest)
  expect(one.skipped).toEqual(['superseded', 'overlap'])
  holds = false
  release()
  await long
  await two.run(newest)
  expect(await ticksOf(state)).toEqual([0, 2])
  expect(two.skipped).toEqual(['superseded'])
})

/** Ticks that were run, counted from the beginning. */
async function ticksOf(state: Pick<StateDatabase, 'query'>): Promise<readonly number[]> {
  const rows = await state.query(
    'select extract(epoch from tick)::float8 * 1000 as tick from check_run order by tick',
  )
  return rows.map(({ tick }) => (Number(tick) - BEGIN) / TEN_S)
}

/** Two workers can do 20 runs a second; each of the targets is due once a second. */
const TAKES_MS = 400
const FEW = Array.from({ length: 4 }, (_, n) => `few-${n}`)
const MANY = Array.from({ length: 60 }, (_, n) => `many-${n}`)

interface Fleet extends AsyncDisposable {
  readonly workers: readonly BenchWorker[]
  readonly state: StateDatabase
}

async function fleet(targets: readonly string[], redisUrl?: string): Promise<Fleet> {
  const state = await stateDatabase()
  const execute = async (_: Unit, target: string) => {
    const startedAt = Date.now()
    await sleep(TAKES_MS)
    return passed(target, startedAt)
  }
  const common = { state, unit: unitEvery('1s'), execute, targets, ...(redisUrl ? { redisUrl } : {}) }
  const workers = [
    await benchWorker({ ...common, name: 'one' }),
    await benchWorker({ ...common, name: 'two' }),
  ]
  for (const worker of workers) worker.start()
  const close = async () => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
    await state[Symbol.asyncDispose]()
  }
  return { workers, state, [Symbol.asyncDispose]: close }
}

const count = (workers: readonly BenchWorker[], reason: string) =>
  workers.flatMap(({ skipped }) => skipped).filter((each) => each === reason).length

async function expectNewestTicksOfEach(redisUrl?: string): Promise<void> {
  {
    await using few = await fleet(FEW, redisUrl)
    await vi.waitFor(async () => expect(await few.state.query('select from check_run')).not.toHaveLength(0))
    await sleep(3_000)
    expect(count(few.workers, 'superseded')).toBeLessThan(FEW.length)
    expect(few.workers.flatMap(({ bypassed }) => bypassed)).not.toContain('queue_stuck')
  }
  await using many = await fleet(MANY, redisUrl)
  await sleep(12_000)
  const [{ doubles, late } = {}] = await many.state.query(
    `select count(*) - count(distinct (target, tick)) as doubles,
            percentile_cont(0.95) within group (order by extract(epoch from started_at - tick)) as late
       from check_run`,
  )
  expect(Number(doubles)).toBe(0)
  // The instant between what is decided and what is begun is the machine's to lengthen.
  expect(Number(late)).toBeLessThan(1.5)
  expect(count(many.workers, 'superseded')).toBeGreaterThan(MANY.length)
  // All that wait are in a line that moves: nobody has to be called for a queue that is stuck.
  expect(many.workers.flatMap(({ bypassed }) => bypassed)).not.toContain('queue_stuck')
  const runs = await many.state.query('select count(*)::int as runs from check_run group by target')
  const turns = runs.map((row) => Number(row.runs)).toSorted((a, b) => a - b)
  expect(turns).toHaveLength(MANY.length)
  expect((turns.at(-1) ?? 0) - (turns[0] ?? 0)).toBeLessThanOrEqual(2)
}

test.concurrent('on Redis, workers that cannot keep up run the newest tick of each target in its turn', async () => {
  await using redis = await startRedis()
  await expectNewestTicksOfEach(redis.url)
})

test.concurrent('on PostgreSQL, workers that cannot keep up run the newest tick of each target in its turn', async () => {
  await expectNewestTicksOfEach()
})
