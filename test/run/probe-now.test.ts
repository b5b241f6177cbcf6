import { afterAll, beforeAll, expect, test } from 'vitest'
import { signInUnhealthy } from '../../src/probes/sign-in/unhealthy.ts'
import { probeNow } from '../../src/run/probe-now.ts'
import { outcome } from '../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../support/probe-fleet.ts'

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet({ names: ['crm-a'] })
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

test('who asks beside a worker gets a verdict, though the limit on sign-ins is used up', async () => {
  await probes.fleet.restart('crm-a')
  const three = [1, 2, 3].map(() => probes.run(signInUnhealthy, 'crm-a'))
  expect((await Promise.all(three)).map(outcome)).toEqual(['pass', 'pass', 'pass'])
  expect(outcome(await probes.run(signInUnhealthy, 'crm-a'))).toBe('error ERR_RATE_LIMITED')
  const { verdict } = await probeNow(signInUnhealthy, { target: 'crm-a', fleet: probes.watched })
  expect(outcome(verdict)).toBe('pass')
}, 60_000)
