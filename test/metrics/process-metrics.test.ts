import { expect, test } from 'vitest'
import { endings, renderFamilies } from '../../src/metrics/exposition.ts'
import { openProcessMetrics } from '../../src/metrics/process-metrics.ts'
import { parseExposition } from './parse-exposition.ts'

test.for(['text', 'openmetrics'] as const)('what the process uses is well formed in %s', async (format) => {
  using metrics = openProcessMetrics({ version: '1.2.3' })
  const families = parseExposition(renderFamilies(await metrics.families(), format) + endings[format], format)
  expect(families.get('authwatch_build_info')?.samples).toEqual([
    {
      name: 'authwatch_build_info',
      labels: { version: '1.2.3', node_version: process.versions.node },
      value: 1,
    },
  ])
  expect(families.get('process_resident_memory_bytes')?.samples[0]?.value).toBeGreaterThan(1e6)
  expect(families.get('nodejs_eventloop_lag_p99_seconds')?.type).toBe('gauge')
  const values = [...families.values()].flatMap(({ samples }) => samples.map(({ value }) => value))
  expect(values.filter(Number.isNaN)).toEqual([])
})

test('requests are counted by route and status, and timed by route', async () => {
  using metrics = openProcessMetrics({ version: '1.2.3' })
  metrics.countRequest({ route: '/metrics', status: 200, seconds: 0.003 })
  metrics.countRequest({ route: '/metrics', status: 200, seconds: 0.2 })
  metrics.countRequest({ route: 'other', status: 404, seconds: 0.001 })
  const families = parseExposition(renderFamilies(await metrics.families(), 'text'), 'text')
  const counted = families.get('authwatch_http_requests_total')?.samples
  expect(counted?.map(({ labels, value }) => [labels.route, labels.status, value])).toEqual([
    ['/metrics', '200', 2],
    ['other', '404', 1],
  ])
  const timed = families.get('authwatch_http_request_duration_seconds')?.samples ?? []
  const ofMetrics = timed.filter(({ labels }) => labels.route === '/metrics')
  expect(ofMetrics.find(({ labels }) => labels.le === '0.0025')?.value).toBe(0)
  expect(ofMetrics.find(({ labels }) => labels.le === '0.005')?.value).toBe(1)
  expect(ofMetrics.find(({ labels }) => labels.le === '+Inf')?.value).toBe(2)
  expect(ofMetrics.find(({ name }) => name.endsWith('_sum'))?.value).toBeCloseTo(0.203)
})

test('two of them in one process do not meet', async () => {
  using one = openProcessMetrics({ version: '1' })
  using two = openProcessMetrics({ version: '2' })
  one.countRequest({ route: '/', status: 200, seconds: 0.1 })
  const requests = (await two.families()).find(({ name }) => name === 'authwatch_http_requests_total')
  expect(requests?.samples).toEqual([])
})
