import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startClock } from '../../src/schedule/clock.ts'
import { everySecond } from '../../src/schedule/every-second.ts'
import type { Job } from '../../src/schedule/job.ts'

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS
/** Long enough for a look that comes once a second. */
const LOOK_MS = 1_300

/** The machine's wall clock, as somebody sets it. */
function wallClock() {
  const Real = Date
  let ahead = 0
  class SetDate extends Real {
    constructor(...given: ConstructorParameters<DateConstructor> | []) {
      super(...((given.length === 0 ? [Real.now() + ahead] : given) as [number]))
    }
    static override now() {
      return Real.now() + ahead
    }
  }
  vi.stubGlobal('Date', SetDate)
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
  return {
    step: (ms: number) => {
      ahead += ms
    },
  }
}

// Each waits for seconds to pass, so all wait at the same time.
test.concurrent('looks once a second, also when the wall clock is set back, or forward by a week as after a sleep', async () => {
  const wall = wallClock()
  let looks = 0
  using _clock = everySecond(() => {
    looks += 1
  })
  expect(looks).toBe(1)
  await sleep(2_200)
  expect(looks).toBeGreaterThanOrEqual(3)

  for (const step of [-HOUR_MS, HOUR_MS, WEEK_MS]) {
    // Half-way between two looks, so that the step and a look do not meet.
    await sleep(1_500 - (Date.now() % 1_000))
    const before = looks
    const began = performance.now()
    wall.step(step)
    await sleep(2_200)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(looks - before).toBeGreaterThanOrEqual(2)
    expect(looks - before).toBeLessThanOrEqual(5)
  }
})

test.concurrent('each tick comes once: not again for a small step back, and once for all that were missed', async () => {
  let now = 100_300
  const due: (readonly Job[])[] = []
  using _clock = startClock({
    units: [{ id: 'unit', every: '10s' }],
    targetsOf: () => ['shop'],
    clock: { now: () => now },
    isUnwell: () => false,
    onDue: (jobs) => due.push(jobs),
  })
  const ticksAt = async (time: number) => {
    now = time
    await sleep(LOOK_MS)
    return due.splice(0).map(([job, ...others]) => [job?.tick, others.length])
  }
  expect(due.splice(0)).toEqual([[{ target: 'shop', unit: 'unit', tick: 100_000 }]])
  expect(await ticksAt(109_900)).toEqual([])
  expect(await ticksAt(110_000)).toEqual([[110_000, 0]])
  // Held up for four intervals: the latest is run, not all of them.
  expect(await ticksAt(152_000)).toEqual([[150_000, 0]])
  expect(await ticksAt(149_000)).toEqual([])
  expect(await ticksAt(151_000)).toEqual([])
  expect(await ticksAt(160_000)).toEqual([[160_000, 0]])
  // Whoever was an hour ahead does not wait for an hour.
  expect(await ticksAt(160_000 - HOUR_MS)).toEqual([[160_000 - HOUR_MS, 0]])
  expect(await ticksAt(170_000 - HOUR_MS)).toEqual([[170_000 - HOUR_MS, 0]])
})

test.concurrent('every target of every unit has ticks of its own', () => {
  const due: Job[] = []
  using _clock = startClock({
    units: [
      { id: 'quick', every: '10s' },
      { id: 'slow', every: '1h' },
    ],
    targetsOf: ({ id }) => (id === 'quick' ? ['one', 'two', 'three'] : ['one']),
    clock: { now: () => 7_205_000 },
    isUnwell: () => false,
    onDue: (jobs) => due.push(...jobs),
  })
  expect(due.map(({ unit, target }) => `${unit} ${target}`)).toEqual([
    'quick one',
    'quick two',
    'quick three',
    'slow one',
  ])
  for (const { unit, tick } of due) {
    const interval = unit === 'quick' ? 10_000 : HOUR_MS
    expect(tick).toBeLessThanOrEqual(7_205_000)
    expect(tick).toBeGreaterThan(7_205_000 - interval)
  }
  expect(due.at(-1)?.tick).toBe(7_200_000)
})

test.concurrent('a unit that starts later waits for its time, and only it', async () => {
  let now = 100_300
  const begun: Job[] = []
  using _clock = startClock({
    units: [
      { id: 'at.once', every: '1m' },
      { id: 'later.on', every: '1m', startsAfter: '11s' },
    ] as const,
    targetsOf: () => ['app'],
    clock: { now: () => now },
    isUnwell: () => false,
    onDue: (jobs) => begun.push(...jobs),
  })
  expect(begun.map(({ unit }) => unit)).toEqual(['at.once'])
  now += 10_900
  await sleep(LOOK_MS)
  expect(begun.map(({ unit }) => unit)).toEqual(['at.once'])
  now += 200
  await sleep(LOOK_MS)
  expect(begun.map(({ unit }) => unit)).toEqual(['at.once', 'later.on'])
})

test.concurrent('probes do not run twice in the window of a sign-in limit because a worker has just started', async () => {
  let now = 115_000
  const begun: Job[] = []
  using _clock = startClock({
    units: [
      { id: 'database', every: '1m', kind: 'query' },
      { id: 'outside', every: '1m', kind: 'probe' },
      { id: 'often', every: '10s', kind: 'probe' },
    ] as const,
    targetsOf: () => ['app'],
    clock: { now: () => now },
    isUnwell: () => false,
    onDue: (jobs) => begun.push(...jobs),
  })
  const runs = () => begun.splice(0).map(({ unit, tick }) => [unit, tick])
  expect(runs()).toEqual([
    ['database', 60_000],
    ['often', 110_000],
  ])
  now = 120_100
  await sleep(LOOK_MS)
  expect(runs()).toEqual([
    ['database', 120_000],
    ['outside', 120_000],
    ['often', 120_000],
  ])
})
