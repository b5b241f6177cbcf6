import { expect, test } from 'vitest'
import { lookJudge } from '../schedule/judge-looks.ts'
import type { Look } from '../schedule/look.ts'
import { memoryWatch } from '../schedule/memory.ts'
import { troublesOf } from '../schedule/troubles.ts'
import {
  lookOf,
  POPULATION,
  PROBE,
  quietDiary,
  STALE,
  type Stage,
  saying,
  told,
  withSample,
  withState,
} from './planted.ts'

export function testJudgesOfScrapes(stage: Stage): void {
  testAges(stage)
  testStates(stage)
  testCounters(stage)
  testTroubles(stage)
  testMemory(stage)
}

/** Scrapes of that material, and of what is made of it. */
function looksOf(stage: Stage) {
  return {
    healthyLook: () => lookOf(stage.world(), stage.material()),
    lookWith: (metrics: string, at = stage.material().at): Look => lookOf(stage.world(), { metrics, at }),
  }
}

function judged(looks: readonly Look[], diary = quietDiary()) {
  for (const look of looks) lookJudge(diary)(look)
  return told(diary)
}

const LAST_RUN = { name: 'authwatch_check_last_run_timestamp_seconds', labels: POPULATION }

function testAges(stage: Stage): void {
  const { healthyLook, lookWith } = looksOf(stage)

  test('a verdict is complained about when it is older than three intervals and half a minute, or of the future', () => {
    expect(judged([healthyLook()])).toEqual([])
    const aged = (seconds: number) =>
      withSample(stage.material().metrics, LAST_RUN, () => stage.material().at / 1_000 - seconds)
    expect(judged([lookWith(aged(62)), lookWith(aged(-2))])).toEqual([])
    expect(judged([lookWith(aged(64))])).toEqual([
      [STALE, 'user.population on crm at worker-1 is pass and 64000 ms old'],
    ])
    expect(judged([lookWith(aged(-4))])).toEqual([
      [STALE, 'user.population on crm at worker-1 was last run 4000 ms from now'],
    ])
    // An error may be as old as it is.
    expect(judged([lookWith(withState(aged(64), POPULATION, 'error'))])).toEqual([])
  })
}

function testStates(stage: Stage): void {
  const { healthyLook, lookWith } = looksOf(stage)

  test('a verdict is complained about when it was found while nobody could look', () => {
    const run = healthyLook().seen?.checks.find(({ check }) => check === POPULATION.check)
    const begun = run?.lastRun ?? 0
    const during = (from: number) => {
      const diary = quietDiary()
      const covers = ({ check }: { readonly check: string }) => check === POPULATION.check
      diary.blind.push({ from, to: stage.material().at, covers })
      return judged([healthyLook()], diary)
    }
    // Begun before, it may have seen what was there then.
    expect(during(begun + 1)).toEqual([])
    expect(during(begun - 1)).toEqual([
      [STALE, saying(/^user\.population on crm at worker-1 passed at .*, when nobody could look$/)],
    ])
  })

  test('two states of one check are complained about', () => {
    const error = { name: 'authwatch_check_state', labels: { ...POPULATION, state: 'error' } }
    expect(judged([lookWith(withSample(stage.material().metrics, error, () => 1))])).toEqual([
      [STALE, saying(/^user\.population on crm at worker-1 is (pass and error|error and pass)$/)],
    ])
  })
}

function testCounters(stage: Stage): void {
  const { healthyLook, lookWith } = looksOf(stage)

  test('a counter that goes back is complained about, but for a worker that is another one', () => {
    const runs = { name: 'authwatch_check_runs_total', labels: { ...POPULATION, outcome: 'pass' } }
    const less = lookWith(withSample(stage.material().metrics, runs, (value) => value - 1))
    const followedBy = (later: Look) => {
      const diary = quietDiary()
      const judge = lookJudge(diary)
      for (const look of [healthyLook(), healthyLook(), later]) judge(look)
      return told(diary)
    }
    expect(followedBy({ ...less, life: 2 })).toEqual([])
    expect(followedBy(less)).toEqual([
      [
        'a counter is wrong',
        saying(/^authwatch_check_runs_total.*"user\.population".* went from (\d+) to \d+$/),
      ],
    ])
  })
}

function testTroubles(stage: Stage): void {
  const { healthyLook, lookWith } = looksOf(stage)

  test.each([
    ['authwatch_state_up', 0],
    ['authwatch_queue_up', 0],
    ['authwatch_results_pending', 3],
    ['authwatch_database_up', 0],
    ['authwatch_clock_offset_seconds', -45],
  ])('%s %d is a trouble', (name, value) => {
    expect(troublesOf(healthyLook(), stage.world().watched)).toEqual([])
    const look = lookWith(withSample(stage.material().metrics, { name }, () => value))
    expect(troublesOf(look, stage.world().watched)).toEqual([`${name} ${value}`])
  })

  test('a check that has no state, errs or is old, a server and a worker that do not answer are troubles', () => {
    const troubles = (metrics: string) => troublesOf(lookWith(metrics), stage.world().watched)
    const { metrics, at } = stage.material()
    const success = { name: 'authwatch_check_last_success_timestamp_seconds', labels: POPULATION }
    expect(troubles(withState(metrics, POPULATION, 'none'))).toEqual(['user.population on crm has no state'])
    expect(troubles(withState(metrics, POPULATION, 'error'))).toEqual(['user.population on crm is an error'])
    expect(troubles(withSample(metrics, success, () => at / 1_000 - 21))).toEqual([
      'user.population on crm is 21000 ms old',
    ])
    expect(troubles(withState(metrics, PROBE, 'fail'))).toEqual(['crm-a does not answer'])
    const { seen: _, ...silent } = healthyLook()
    expect(troublesOf(silent, stage.world().watched)).toEqual(['no answer'])
  })
}

function testMemory(stage: Stage): void {
  const { lookWith } = looksOf(stage)

  test('700 MiB are complained about, and growth by more than half', () => {
    const resident = { name: 'process_resident_memory_bytes' }
    const life = (seconds: number, mib: (second: number) => number) => {
      const diary = quietDiary()
      const watch = memoryWatch(diary)
      for (let second = 0; second <= seconds; second += 10) {
        const metrics = withSample(stage.material().metrics, resident, () => mib(second) * 1024 ** 2)
        watch.look(lookWith(metrics, stage.material().at + second * 1_000))
      }
      watch.end()
      return told(diary)
    }
    expect(life(0, () => 699)).toEqual([])
    expect(life(0, () => 701)).toEqual([['memory grows', 'worker-1, life 1 takes 701 MiB']])
    expect(life(160, (second) => (second < 120 ? 100 : 149))).toEqual([])
    expect(life(160, (second) => (second < 120 ? 100 : 151))).toEqual([
      ['memory grows', 'worker-1, life 1 takes 1.51 times what it took'],
    ])
    // Shorter lives say nothing of growth.
    expect(life(140, (second) => (second < 120 ? 100 : 151))).toEqual([])
  })
}
