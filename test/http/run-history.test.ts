import { expect, test } from 'vitest'
import { RUNS_KEPT, runHistory } from '../../src/http/run-history.ts'
import { errored, passed, stored } from '../metrics/stored.ts'

const place = { check: 'a.b', target: 'crm' } as const

test('each run is remembered once, in the order of their times, and no more than fit', () => {
  const history = runHistory()
  expect(history.of(place)).toEqual([])
  for (let at = 100; at < 100 + RUNS_KEPT + 5; at += 1) {
    const result = stored({ check: 'a.b', startedAt: at, verdict: at % 2 === 0 ? passed : errored })
    history.learn([result])
    history.learn([result])
  }
  const runs = history.of(place)
  expect(runs).toHaveLength(RUNS_KEPT)
  expect(runs.at(-1)).toEqual({ at: 104 + RUNS_KEPT, state: 'pass', offenders: 0 })
  expect(runs[0]).toEqual({ at: 105, state: 'error', offenders: null })
  expect(history.of({ ...place, target: 'shop' })).toEqual([])
})

test('runs from before are put where they belong', () => {
  const history = runHistory()
  history.learn([stored({ check: 'a.b', startedAt: 300, verdict: passed })])
  history.recall([
    { ...place, at: 100, state: 'fail', offenders: 3 },
    { ...place, at: 200, state: 'skipped', offenders: null },
    { ...place, at: 300, state: 'pass', offenders: 0 },
  ])
  expect(history.of(place).map(({ at, state }) => [at, state])).toEqual([
    [100, 'fail'],
    [200, 'skipped'],
    [300, 'pass'],
  ])
})
