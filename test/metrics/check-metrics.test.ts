import { describe, expect, test } from 'vitest'
import { gauge } from '../../src/catalogue/check.ts'
import { family } from '../../src/catalogue/family.ts'
import { states } from '../../src/catalogue/result.ts'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import type { ShownCheck, Snapshot } from '../../src/metrics/current-results.ts'
import type { StoredVerdict } from '../../src/results/stored-result.ts'
import { errored, passed, stored } from './stored.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

const rows = family({ name: 'things', help: 'Things.', labels: { state: ['good', 'bad', 'odd'] } })
const oldest = family({ name: 'oldest_thing_seconds', help: 'Age.', labels: {} })

const first: ShownCheck = {
  id: 'thing.bad',
  every: '1m',
  gauges: {
    good: gauge(rows, { state: 'good' }),
    bad: gauge(rows, { state: 'bad' }),
    age: gauge(oldest, {}),
  },
}
const second: ShownCheck = { id: 'thing.odd', every: '5m', gauges: { odd: gauge(rows, { state: 'odd' }) } }

const failed: StoredVerdict = {
  state: 'fail',
  values: { offenders: 7, good: 40, bad: 7, age: null },
  severity: 'warning',
  summary: 'Things are bad',
  findings: [],
}

type Options = Partial<Snapshot>

/** Series of one metric as `{"label":"value"}` to number. */
function series(name: string, options: Options): Record<string, number> {
  const snapshot = { checks: [first], targetsOf: () => ['crm'], results: [], now: NOW, ...options }
  const families = checkMetrics(snapshot).filter((each) => each.name === name)
  const samples = families.flatMap((each) => each.samples)
  return Object.fromEntries(
    samples.map(({ labels, value }) => [Object.values(labels).sort().join(' '), value]),
  )
}

const run = (verdict: StoredVerdict, startedAt = NOW - 5_000) =>
  stored({ check: 'thing.bad', startedAt, verdict })

describe('state', () => {
  test.for([
    ['pass', passed],
    ['fail', failed],
    ['error', errored],
    ['skipped', { state: 'skipped', reason: 'no such table' }],
  ] as const)('a check that ended in %s has exactly that state', ([state, verdict]) => {
    const found = series('authwatch_check_state', { results: [run(verdict)] })
    expect(found).toEqual(
      Object.fromEntries(
        states.map((each) => [['crm', each, 'thing.bad'].sort().join(' '), each === state ? 1 : 0]),
      ),
    )
  })

  test('before the first run there is no state, but a last run at 0, counters at 0 and the interval', () => {
    expect(series('authwatch_check_state', {})).toEqual({})
    expect(series('authwatch_check_findings', {})).toEqual({})
    expect(series('authwatch_check_duration_seconds', {})).toEqual({})
    expect(series('authwatch_check_last_run_timestamp_seconds', {})).toEqual({ 'crm thing.bad': 0 })
    expect(series('authwatch_check_last_success_timestamp_seconds', {})).toEqual({ 'crm thing.bad': 0 })
    expect(series('authwatch_check_interval_seconds', {})).toEqual({ 'crm thing.bad': 60 })
    expect(series('authwatch_check_runs_total', {})).toEqual({
      'crm pass thing.bad': 0,
      'crm fail thing.bad': 0,
      'crm error thing.bad': 0,
      'crm skipped thing.bad': 0,
    })
  })

  test('only enabled checks on configured targets are shown, and the latest of their results', () => {
    const results = [
      run(failed, NOW - 65_000),
      run(passed),
      run(failed, NOW - 125_000),
      stored({ check: 'thing.gone', startedAt: NOW, verdict: failed }),
      stored({ check: 'thing.bad', target: 'gone', startedAt: NOW, verdict: failed }),
    ]
    expect(series('authwatch_check_state', { results })).toEqual({
      'crm pass thing.bad': 1,
      'crm fail thing.bad': 0,
      'crm error thing.bad': 0,
      'crm skipped thing.bad': 0,
    })
  })

  test('times are those of the store, in seconds', () => {
    const results = [
      stored({ check: 'thing.bad', startedAt: NOW - 5_000, verdict: errored, lastSuccessAt: NOW - 65_000 }),
    ]
    const at = NOW / 1000
    expect(series('authwatch_check_last_run_timestamp_seconds', { results })).toEqual({
      'crm thing.bad': at - 5,
    })
    expect(series('authwatch_check_last_success_timestamp_seconds', { results })).toEqual({
      'crm thing.bad': at - 65,
    })
    expect(series('authwatch_check_duration_seconds', { results })).toEqual({ 'crm thing.bad': 0.25 })
    expect(series('authwatch_check_runs_total', { results })).toMatchObject({ 'crm fail thing.bad': 2 })
  })
})

describe('an old result', () => {
  // Every minute: 3 × 60 s + 30 s.
  const limit = 210_000

  test.for([
    ['pass', passed],
    ['fail', failed],
    ['skipped', { state: 'skipped', reason: 'no such table' }],
    ['error', errored],
  ] as const)(
    'that was %s is good up to the limit and an error without values after it',
    ([state, verdict]) => {
      const good = { results: [run(verdict, NOW - limit)] }
      expect(series('authwatch_check_state', good)).toMatchObject({ [`crm ${state} thing.bad`]: 1 })

      const old = { results: [run(verdict, NOW - limit - 1)] }
      expect(series('authwatch_check_state', old)).toEqual({
        'crm pass thing.bad': 0,
        'crm fail thing.bad': 0,
        'crm error thing.bad': 1,
        'crm skipped thing.bad': 0,
      })
      expect(series('authwatch_check_error', old)).toEqual({ 'ERR_STALE crm thing.bad': 1 })
      expect(series('authwatch_check_findings', old)).toEqual({})
      expect(series('authwatch_things', old)).toEqual({})
    },
  )

  test('is judged by the interval of its own check', () => {
    const checks = [{ ...first, every: '1h' as const }]
    const results = [run(passed, NOW - limit - 1)]
    expect(series('authwatch_check_state', { checks, results })).toMatchObject({ 'crm pass thing.bad': 1 })
  })

  test('is one from the future as well: a clock that ran ahead must not keep it green', () => {
    const near = { results: [run(passed, NOW + 2_000)] }
    expect(series('authwatch_check_state', near)).toMatchObject({ 'crm pass thing.bad': 1 })
    const far = { results: [run(passed, NOW + 86_400_000)] }
    expect(series('authwatch_check_error', far)).toEqual({ 'ERR_STALE crm thing.bad': 1 })
  })
})

describe('numbers', () => {
  test('the offenders and gauges of pass and fail are shown, null is left out', () => {
    const results = [run(failed)]
    expect(series('authwatch_check_findings', { results })).toEqual({ 'crm thing.bad': 7 })
    expect(series('authwatch_things', { results })).toEqual({ 'crm good': 40, 'bad crm': 7 })
    expect(series('authwatch_oldest_thing_seconds', { results })).toEqual({})
  })

  test('a check in error shows its code and nothing it once counted', () => {
    const results = [run(errored)]
    expect(series('authwatch_check_error', { results })).toEqual({ 'ERR_TIMEOUT crm thing.bad': 1 })
    expect(series('authwatch_check_findings', { results })).toEqual({})
    expect(series('authwatch_things', { results })).toEqual({})
  })

  test('two checks and two targets share one family', () => {
    const odd = { state: 'pass', values: { offenders: 0, odd: 1.5 } } as const
    const results = [
      run(failed),
      stored({ check: 'thing.odd', startedAt: NOW, verdict: odd }),
      stored({ check: 'thing.odd', target: 'shop', startedAt: NOW, verdict: odd }),
    ]
    const snapshot = { checks: [first, second], targetsOf: () => ['crm', 'shop'], results, now: NOW }
    const families = checkMetrics(snapshot).filter(({ name }) => name === 'authwatch_things')
    expect(families).toHaveLength(1)
    expect(series('authwatch_things', snapshot)).toEqual({
      'crm good': 40,
      'bad crm': 7,
      'crm odd': 1.5,
      'odd shop': 1.5,
    })
  })

  test('a label value outside its family has no series, and the others stay', () => {
    const good = gauge(rows, { state: 'good' })
    const leaking = { ...good, labels: { state: 'somebody@example.com' } }
    const checks = [{ ...first, gauges: { good, bad: leaking } }]
    expect(series('authwatch_things', { checks, results: [run(failed)] })).toEqual({ 'crm good': 40 })
  })
})

test('the order in which results come does not matter', () => {
  const results = [
    run(failed),
    stored({ check: 'thing.odd', startedAt: NOW, verdict: passed }),
    stored({ check: 'thing.odd', target: 'shop', startedAt: NOW, verdict: errored }),
  ]
  const snapshot = { checks: [first, second], targetsOf: () => ['crm', 'shop'], now: NOW }
  const turned = checkMetrics({ ...snapshot, results: results.toReversed() })
  expect(turned).toEqual(checkMetrics({ ...snapshot, results }))
})
