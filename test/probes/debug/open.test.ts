import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { debugOpen } from '../../../src/probes/debug/open.ts'
import { always, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

test('a server whose debug route answers anybody is named, until it is closed', async () => {
  expect(await outcomes(probes, debugOpen)).toEqual(HEALTHY)
  await probes.whilePatched('crm-b', { debugRouteOpen: true }, async () => {
    expect(await outcomes(probes, debugOpen)).toEqual({ ...HEALTHY, 'crm-b': ['anonymous: open'] })
  })
  expect(outcome(await probes.run(debugOpen, 'crm-b'))).toBe('pass')
})

test('a redirect is a refusal, a missing route is closed, an error says nothing', async () => {
  const instead = async (status: number) => {
    await using front = await startFront(always({ status, type: 'text/html', body: '' }))
    return outcome(await probes.run(debugOpen, 'crm-b', probes.behind('crm-b', front.url)))
  }
  expect(await instead(302)).toBe('pass')
  expect(await instead(404)).toBe('pass')
  expect(await instead(200)).toEqual(['anonymous: open'])
  expect(await instead(503)).toBe('error ERR_UNREACHABLE')
})

test('it is skipped where no debug route is configured', async () => {
  const routes = { ...probes.watched.routes, debug: null }
  expect(outcome(await probes.run(debugOpen, 'crm-a', { routes }))).toBe('skipped')
})
