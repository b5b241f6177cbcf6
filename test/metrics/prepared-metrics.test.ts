import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { checkMetrics } from '../../src/metrics/check-metrics.ts'
import type { ShownCheck } from '../../src/metrics/current-results.ts'
import { validUntil } from '../../src/metrics/current-results.ts'
import type { MetricFamily } from '../../src/metrics/metric-family.ts'
import { preparedMetrics, type SharedMetrics } from '../../src/metrics/prepared-metrics.ts'
import type { StoredResult } from '../../src/results/stored-result.ts'
import { parseExposition } from './parse-exposition.ts'
import { passed, stored } from './stored.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const check: ShownCheck = { id: 'thing.bad', every: '1m' }

function sharedOf(results: readonly StoredResult[]): SharedMetrics {
  return (now) => {
    const snapshot = { checks: [check], targetsOf: () => ['crm'], results, now }
    return { families: checkMetrics(snapshot), validUntil: validUntil(snapshot) }
  }
}

function up(worker: string): MetricFamily {
  return {
    name: 'authwatch_state_up',
    help: 'Up.',
    type: 'gauge',
    samples: [{ labels: { worker }, value: 1 }],
  }
}

function worker(options: { name: string; clock?: () => number; seriesLimit?: number; own?: MetricFamily[] }) {
  const { name, clock = () => NOW, own = [up(name)], ...rest } = options
  return preparedMetrics({ workerMetrics: () => own, processMetrics: async () => [], clock, ...rest })
}

const text = { format: 'text', gzip: false } as const

describe('what is served', () => {
  test('before anything is prepared the worker shows only itself', async () => {
    const body = String(await worker({ name: 'one' }).exposition(text))
    expect([...parseExposition(body, 'text').keys()]).toEqual([
      'authwatch_series_dropped_total',
      'authwatch_state_up',
    ])
  })

  test('the checks come first, in the same bytes on every worker, and then the worker itself', async () => {
    const shared = sharedOf([stored({ check: 'thing.bad', startedAt: NOW, verdict: passed })])
    const bodies = ['one', 'two'].map(async (name) => {
      const metrics = worker({ name })
      metrics.prepare(shared)
      return String(await metrics.exposition(text))
    })
    const [one = '', two = ''] = await Promise.all(bodies)
    const cut = one.indexOf('# HELP authwatch_series_dropped_total')
    expect(one.slice(0, cut)).toContain(
      'authwatch_check_state{check="thing.bad",state="pass",target="crm"} 1\n',
    )
    expect(two.slice(0, cut)).toBe(one.slice(0, cut))
    expect(one.slice(cut)).toContain('authwatch_state_up{worker="one"} 1\n')
    expect(two.slice(cut)).toContain('authwatch_state_up{worker="two"} 1\n')
  })

  test('OpenMetrics is closed once, after the worker', async () => {
    const metrics = worker({ name: 'one' })
    metrics.prepare(sharedOf([]))
    const body = String(await metrics.exposition({ format: 'openmetrics', gzip: false }))
    expect(body.match(/# EOF/g)).toHaveLength(1)
    expect(parseExposition(body, 'openmetrics').get('authwatch_series_dropped')?.type).toBe('counter')
  })

  test.for(['text', 'openmetrics'] as const)(
    'gzip holds the same bytes in %s, again and again',
    async (format) => {
      const metrics = worker({ name: 'one' })
      metrics.prepare(sharedOf([stored({ check: 'thing.bad', startedAt: NOW, verdict: passed })]))
      const plain = await metrics.exposition({ format, gzip: false })
      for (let scrape = 0; scrape < 3; scrape += 1) {
        expect(gunzipSync(await metrics.exposition({ format, gzip: true }))).toEqual(plain)
      }
    },
  )

  test('a family that all workers share is not written a second time', async () => {
    const metrics = worker({ name: 'one', own: [up('one'), ...sharedOf([])(NOW).families] })
    metrics.prepare(sharedOf([]))
    const families = parseExposition(String(await metrics.exposition(text)), 'text')
    expect(families.has('authwatch_check_interval_seconds')).toBe(true)
  })
})

describe('time', () => {
  test('a result that grew old is an error at the next scrape, though nobody prepared again', async () => {
    let now = NOW
    const metrics = worker({ name: 'one', clock: () => now })
    metrics.prepare(sharedOf([stored({ check: 'thing.bad', startedAt: NOW, verdict: passed })]))
    now = NOW + 210_000
    expect(String(await metrics.exposition(text))).toContain('state="pass",target="crm"} 1\n')
    now = NOW + 210_001
    const body = String(await metrics.exposition(text))
    expect(body).toContain('state="pass",target="crm"} 0\n')
    expect(body).toContain('authwatch_check_error{check="thing.bad",code="ERR_STALE",target="crm"} 1\n')
  })

  test('the shared part is made once for each change of the results', async () => {
    let made = 0
    const shared = sharedOf([])
    const metrics = worker({ name: 'one' })
    metrics.prepare((now) => {
      made += 1
      return shared(now)
    })
    await metrics.exposition(text)
    await metrics.exposition({ format: 'openmetrics', gzip: true })
    await metrics.exposition(text)
    expect(made).toBe(1)
  })
})

test('too many series are cut, counted, and never at the cost of the worker itself', async () => {
  const flood: MetricFamily = {
    name: 'authwatch_flood',
    help: 'Flood.',
    type: 'gauge',
    samples: Array.from({ length: 500 }, (_, n) => ({ labels: { n: String(n) }, value: n })),
  }
  const metrics = worker({ name: 'one', seriesLimit: 100 })
  metrics.prepare(() => ({ families: [flood], validUntil: Number.POSITIVE_INFINITY }))
  const families = parseExposition(String(await metrics.exposition(text)), 'text')
  expect(families.get('authwatch_flood')?.samples).toHaveLength(75)
  expect(families.get('authwatch_series_dropped_total')?.samples[0]?.value).toBe(425)
  expect(families.get('authwatch_state_up')?.samples).toHaveLength(1)
})

test('more states of checks than the limit do not push out the worker itself', async () => {
  const targets = Array.from({ length: 50 }, (_, n) => `t${n}`)
  const results = targets.map((target) =>
    stored({ check: 'thing.bad', target, startedAt: NOW, verdict: passed }),
  )
  const metrics = worker({ name: 'one', seriesLimit: 100 })
  metrics.prepare((now) => ({
    families: checkMetrics({ checks: [check], targetsOf: () => targets, results, now }),
    validUntil: Number.POSITIVE_INFINITY,
  }))
  const families = parseExposition(String(await metrics.exposition(text)), 'text')
  expect(families.get('authwatch_check_state')?.samples).toHaveLength(200)
  expect(families.has('authwatch_check_last_run_timestamp_seconds')).toBe(false)
  expect(families.get('authwatch_state_up')?.samples).toHaveLength(1)
})
