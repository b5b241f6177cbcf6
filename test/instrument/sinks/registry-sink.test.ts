import { Counter, type OpenMetricsContentType, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { seriesOf } from '../../../src/events/series.ts'
import { callbackOperation, commonOperations, durationBuckets } from '../../../src/events/vocabulary.ts'
import { createRegistrySink } from '../../../src/instrument/sinks/registry-sink.ts'
import { parseExposition } from '../../metrics/parse-exposition.ts'

const operations = [...commonOperations, callbackOperation('google')]
const EVENT = { operation: 'sign_in_email', outcome: 'rejected', reason: 'invalid_credentials' } as const

async function linesOf(registry: Registry, start: string): Promise<readonly string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(start))
}

test('every series is there at 0 before the first event, and there are fewer than 400', async () => {
  const registry = new Registry()
  createRegistrySink(registry, { server: 'crm-a', operations })
  const lines = await linesOf(registry, 'authwatch_auth_events_total{')
  expect(lines).toHaveLength(operations.flatMap(seriesOf).length)
  expect(lines.length).toBeLessThan(400)
  expect(lines.every((line) => line.endsWith(' 0'))).toBe(true)
  expect(await linesOf(registry, 'authwatch_auth_events_dropped_total{')).toEqual([
    'authwatch_auth_events_dropped_total{server="crm-a"} 0',
  ])
})

test('an event is counted once, and its duration in every bucket that holds it', async () => {
  const registry = new Registry()
  const sink = createRegistrySink(registry, { server: 'crm-a', operations })
  sink.count({ ...EVENT, seconds: 0.5 })
  sink.count({ ...EVENT, seconds: undefined })
  const changed = (await linesOf(registry, 'authwatch_auth_')).filter((line) => !line.endsWith(' 0'))
  const labels = 'server="crm-a",operation="sign_in_email",outcome="rejected"'
  const holding = ['0.5', '1', '2.5', '5', '10', '+Inf']
  expect(durationBuckets).toContain(0.5)
  expect(changed).toEqual([
    `authwatch_auth_events_total{${labels},reason="invalid_credentials"} 2`,
    ...holding.map((le) => `authwatch_auth_duration_seconds_bucket{${labels},le="${le}"} 1`),
    `authwatch_auth_duration_seconds_sum{${labels}} 0.5`,
    `authwatch_auth_duration_seconds_count{${labels}} 1`,
  ])
})

test('two servers in one process share a registry, and a reset sets everything to 0', async () => {
  const registry = new Registry()
  const first = createRegistrySink(registry, { server: 'crm-a', operations })
  const second = createRegistrySink(registry, { server: 'crm-b', operations })
  first.count({ ...EVENT, seconds: 0.1 })
  second.count({ ...EVENT, seconds: 0.1 })
  const counted = async () =>
    (await linesOf(registry, 'authwatch_auth_events_total{')).filter((line) => line.endsWith(' 1')).length
  expect(await counted()).toBe(2)
  const before = (await linesOf(registry, 'authwatch_auth_')).length
  registry.resetMetrics()
  expect(await counted()).toBe(0)
  expect(await linesOf(registry, 'authwatch_auth_')).toHaveLength(before)
})

test('another metric of the same name is not written over', () => {
  const registry = new Registry()
  new Counter({ name: 'authwatch_auth_events_total', help: 'another', registers: [registry] })
  expect(() => createRegistrySink(registry, { server: 'crm-a', operations })).toThrow(TypeError)
})

test.each(['text', 'openmetrics'] as const)('what is exposed is well formed as %s', async (format) => {
  const registry = format === 'text' ? new Registry() : ofOpenMetrics()
  const sink = createRegistrySink(registry, { server: 'crm-a', operations })
  sink.count({ ...EVENT, seconds: 0.1 })
  const families = parseExposition((await registry.metrics()).replaceAll('\n\n', '\n'), format)
  const names = [...families.keys()].map((name) => name.replace(/_total$/, ''))
  expect(names).toEqual(
    [
      'authwatch_auth_events_dropped',
      'authwatch_auth_duration_seconds',
      'authwatch_auth_events',
    ].toReversed(),
  )
  const [counted] = [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter(({ value }) => value === 1)
  expect(counted).toMatchObject({
    name: 'authwatch_auth_events_total',
    labels: { server: 'crm-a', ...EVENT },
  })
})

function ofOpenMetrics(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return registry
}
