import { afterAll, beforeAll, expect, test } from 'vitest'
import { secretExtensionDiffers } from '../../../src/probes/secret/extension-differs.ts'
import { always, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const on = (server: string, changes = {}) => probes.run(secretExtensionDiffers, server, changes)

test('the server with another secret is named, and counted as a mismatch', async () => {
  expect(await outcomes(probes, secretExtensionDiffers)).toEqual(HEALTHY)
  const another = { extensionTokenSecret: 'another-secret-another-secret-another' }
  await probes.whilePatched('crm-b', another, async () => {
    expect(await on('crm-a')).toEqual({ state: 'pass', values: { offenders: 0, mismatch: 0 } })
    expect(await on('crm-b')).toMatchObject({
      state: 'fail',
      severity: 'critical',
      values: { offenders: 1, mismatch: 1 },
      findings: [{ key: 'signature', detail: { reason: 'differs', status: '401' } }],
    })
  })
  expect(outcome(await on('crm-b'))).toBe('pass')
})

test('a token that is refused for another reason says nothing against the secret', async () => {
  const { policy, canaries } = probes.watched
  const scopeless = { policy: { ...policy, extensionToken: { ...policy.extensionToken, scopes: ['read'] } } }
  expect(outcome(await on('crm-a', scopeless))).toBe('pass')
  expect(outcome(await on('crm-a', { canaries: { ...canaries, organizationId: 'gone' } }))).toBe('pass')
})

test('a gateway’s page is no judgement', async () => {
  await using front = await startFront(always({ status: 502, type: 'text/html', body: '' }))
  expect(outcome(await on('crm-b', probes.behind('crm-b', front.url)))).toBe('error ERR_UNREACHABLE')
})
