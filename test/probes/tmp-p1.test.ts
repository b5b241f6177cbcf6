import { expect, test } from 'vitest'
import { originTrustMismatch } from '../../src/probes/origin/trust-mismatch.ts'
import { startProbeFleet } from '../support/probe-fleet.ts'
test.each([1,2])('x %s', async (n) => {
  await using probes = await startProbeFleet()
  for (let i = 0; i < 14; i++) {
    const a = await probes.runAll(originTrustMismatch)
    await probes.fleet.restart('crm-b', { trustedOrigins: ['https://app.crm.example.com'] })
    const b = await probes.run(originTrustMismatch, 'crm-b')
    if (b.state === 'error') console.log(n, i, JSON.stringify(b))
    for (const v of Object.values(a)) if (v.state === 'error') console.log(n, i, JSON.stringify(v))
    await probes.fleet.restart('crm-b', { trustedOrigins: ['https://app.crm.example.com', 'https://admin.crm.example.com'] })
  }
  expect(1).toBe(1)
}, 300_000)
