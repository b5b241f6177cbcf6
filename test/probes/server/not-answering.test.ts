import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverNotAnswering } from '../../../src/probes/server/not-answering.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

test('smoke', async () => {
  console.log(await probes.runAll(serverNotAnswering), Object.keys(probes.canary))
})
