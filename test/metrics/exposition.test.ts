import { describe, expect, test } from 'vitest'
import { endings, renderFamilies } from '../../src/metrics/exposition.ts'
import type { MetricFamily } from '../../src/metrics/metric-family.ts'
import { parseExposition } from './parse-exposition.ts'

const gauge = (samples: MetricFamily['samples']): MetricFamily => ({
  name: 'authwatch_sessions',
  help: 'Sessions.',
  type: 'gauge',
  samples,
})

const runs: MetricFamily = {
  name: 'authwatch_runs_total',
  help: 'Runs.',
  type: 'counter',
  samples: [{ labels: { outcome: 'pass' }, value: 3 }],
}

const latency: MetricFamily = {
  name: 'authwatch_latency_seconds',
  help: 'Latency.',
  type: 'histogram',
  samples: [
    { suffix: '_count', labels: { step: 'b' }, value: 2 },
    { suffix: '_bucket', labels: { step: 'b', le: '+Inf' }, value: 2 },
    { suffix: '_bucket', labels: { step: 'b', le: '10' }, value: 2 },
    { suffix: '_bucket', labels: { step: 'a', le: '+Inf' }, value: 1 },
    { suffix: '_bucket', labels: { step: 'b', le: '2.5' }, value: 1 },
    { suffix: '_sum', labels: { step: 'b' }, value: 4 },
    { suffix: '_sum', labels: { step: 'a' }, value: 0.5 },
    { suffix: '_count', labels: { step: 'a' }, value: 1 },
  ],
}

describe('both formats', () => {
  test('a counter is named with its suffix in text and without it in OpenMetrics', () => {
    expect(renderFamilies([runs], 'text')).toBe(
      '# HELP authwatch_runs_total Runs.\n' +
        '# TYPE authwatch_runs_total counter\n' +
        'authwatch_runs_total{outcome="pass"} 3\n',
    )
    expect(renderFamilies([runs], 'openmetrics')).toBe(
      '# HELP authwatch_runs Runs.\n# TYPE authwatch_runs counter\nauthwatch_runs_total{outcome="pass"} 3\n',
    )
  })

  test.for(['text', 'openmetrics'] as const)(
    'the samples of a histogram stay together with rising bounds in %s',
    (format) => {
      const [, , ...samples] = renderFamilies([latency], format).split('\n')
      expect(samples).toEqual([
        'authwatch_latency_seconds_bucket{step="a",le="+Inf"} 1',
        'authwatch_latency_seconds_sum{step="a"} 0.5',
        'authwatch_latency_seconds_count{step="a"} 1',
        'authwatch_latency_seconds_bucket{step="b",le="2.5"} 1',
        'authwatch_latency_seconds_bucket{step="b",le="10.0"} 2',
        'authwatch_latency_seconds_bucket{step="b",le="+Inf"} 2',
        'authwatch_latency_seconds_sum{step="b"} 4',
        'authwatch_latency_seconds_count{step="b"} 2',
        '',
      ])
    },
  )

  test('numbers that are none are spelled as Prometheus reads them', () => {
    const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e21, 5e-324]
    const samples = numbers.map((value, index) => ({ labels: { n: String(index) }, value }))
    const values = renderFamilies([gauge(samples)], 'text')
      .split('\n')
      .slice(2, -1)
      .map((line) => line.split(' ')[1])
    expect(values).toEqual(['NaN', '+Inf', '-Inf', '0', '1e+21', '5e-324'])
  })

  test('the help is escaped, its quotes in OpenMetrics only', () => {
    const family = { ...gauge([{ labels: {}, value: 1 }]), help: 'a "b" \\ c\nd' }
    expect(renderFamilies([family], 'text')).toContain('# HELP authwatch_sessions a "b" \\\\ c\\nd\n')
    expect(renderFamilies([family], 'openmetrics')).toContain(
      '# HELP authwatch_sessions a \\"b\\" \\\\ c\\nd\n',
    )
  })

  test('the order of families, samples and labels does not matter', () => {
    const samples = [
      { labels: { a: '1', b: '2' }, value: 1 },
      { labels: { a: '0', b: '3' }, value: 2 },
    ]
    const turned = [
      { labels: { b: '3', a: '0' }, value: 2 },
      { labels: { b: '2', a: '1' }, value: 1 },
    ]
    const text = renderFamilies([gauge(samples), runs], 'text')
    expect(renderFamilies([runs, gauge(turned)], 'text')).toBe(text)
  })

  test('families of one name become one, and of two samples of one series the first counts', () => {
    const first = gauge([{ labels: { a: '1', b: '2' }, value: 1 }])
    const second = gauge([
      { labels: { b: '2', a: '1' }, value: 9 },
      { labels: { a: '2', b: '2' }, value: 3 },
    ])
    expect(renderFamilies([first, second], 'text')).toBe(
      '# HELP authwatch_sessions Sessions.\n' +
        '# TYPE authwatch_sessions gauge\n' +
        'authwatch_sessions{a="1",b="2"} 1\n' +
        'authwatch_sessions{a="2",b="2"} 3\n',
    )
  })

  test('a family without samples is left out', () => {
    expect(renderFamilies([gauge([])], 'text')).toBe('')
  })
})

describe('hostile label values', () => {
  test.for(['text', 'openmetrics'] as const)('come back as they were in %s', (format) => {
    const random = pseudoRandom(20)
    for (let round = 0; round < 300; round += 1) {
      const labels = { target: hostileText(random), server_1: hostileText(random) }
      const family = { ...gauge([{ labels, value: round }]), help: hostileText(random) }
      const text = renderFamilies([family, runs], format) + endings[format]
      const parsed = parseExposition(text, format).get('authwatch_sessions')
      expect(parsed?.samples).toEqual([{ name: 'authwatch_sessions', labels, value: round }])
      expect(parsed?.help).toBe(family.help)
    }
  })

  test('half a character becomes the replacement character, and two such labels do not become two series', () => {
    const samples = [
      { labels: { target: 'a\ud800' }, value: 1 },
      { labels: { target: 'a\udc00' }, value: 2 },
      { labels: { target: 'b😀' }, value: 3 },
    ]
    const parsed = parseExposition(renderFamilies([gauge(samples)], 'text'), 'text').get('authwatch_sessions')
    expect(parsed?.samples.map(({ labels, value }) => [labels.target, value])).toEqual([
      ['a\ufffd', 1],
      ['b😀', 3],
    ])
  })
})

const HOSTILE = [
  '"',
  '\\',
  '\n',
  '\r',
  '\\n',
  '{',
  '}',
  ',',
  '=',
  ' ',
  '#',
  '# EOF',
  '\t',
  '\0',
  'ü',
  '😀',
  '\u2028',
  'le',
  '}',
  '1',
]

function hostileText(random: () => number): string {
  const length = Math.floor(random() * 12)
  return Array.from({ length }, () => HOSTILE[Math.floor(random() * HOSTILE.length)]).join('')
}

/** The same numbers on every run (mulberry32), so that a failure can be repeated. */
function pseudoRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
