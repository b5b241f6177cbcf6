import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { extensionTokenMisjudged } from '../../../src/probes/extension-token/misjudged.ts'
import { startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'
import { whileChanged } from '../../support/while-changed.ts'

// Each restart of a server takes a second of a core.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const all = (changes = {}) => outcomes(probes, extensionTokenMisjudged, changes)

test('each judgement that a server leaves out is told, until it is made again', async () => {
  expect(await all()).toEqual(HEALTHY)
  const changes = {
    'crm-a': { checkTokenExpiry: false },
    'crm-b': { checkTokenAudience: false },
    'crm-c': { checkTokenScopes: false },
  }
  await whileChanged(probes, changes, async () => {
    expect(await all()).toEqual({
      'crm-a': ['expired: accepted'],
      'crm-b': ['wrong_audience: accepted'],
      'crm-c': ['missing_scope: accepted'],
    })
    expect(await probes.run(extensionTokenMisjudged, 'crm-a')).toMatchObject({
      severity: 'critical',
      findings: [{ key: 'expired', detail: { reason: 'accepted', status: '200' } }],
    })
  })
  const others = {
    'crm-a': { allowWildcardScope: true },
    'crm-b': { extensionTokenSecret: 'another-secret-another-secret-another' },
    'crm-c': { hang: true },
  }
  await whileChanged(probes, others, async () => {
    expect(await all()).toEqual({
      'crm-a': ['wildcard_scope: accepted'],
      'crm-b': ['valid: refused'],
      'crm-c': 'error ERR_TIMEOUT',
    })
  })
  expect(await all()).toEqual(HEALTHY)
})

test('a server that reads tokens without verifying them is told by those that nobody signed', async () => {
  await using decoder = await startFront((request, response) => {
    const claims = decodeJwt(request.headers.authorization?.replace('Bearer ', '') ?? '')
    const now = Date.now() / 1_000
    const scopes: unknown = claims.scopes
    const good =
      (claims.exp ?? 0) > now &&
      claims.aud === claims.extension_id &&
      Array.isArray(scopes) &&
      scopes.includes('actions:invoke')
    response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' }).end('{}')
  })
  expect(
    outcome(await probes.run(extensionTokenMisjudged, 'crm-b', probes.behind('crm-b', decoder.url))),
  ).toEqual(['alg_none: accepted', 'wrong_signature: accepted'])
})

test('a route that needs no scope is shown no token that lacks one', async () => {
  const { policy } = probes.watched
  await probes.whilePatched('crm-b', { checkTokenScopes: false }, async () => {
    const scopeless = { policy: { ...policy, extensionToken: { ...policy.extensionToken, scopes: [] } } }
    expect(outcome(await probes.run(extensionTokenMisjudged, 'crm-b', scopeless))).toBe('pass')
  })
})

test('without the identity that tokens are made out for, or their secret, it is skipped', async () => {
  const { userId, ...canaries } = probes.watched.canaries
  expect(await probes.run(extensionTokenMisjudged, 'crm-a', { canaries })).toEqual({
    state: 'skipped',
    reason: 'whom extension tokens are for is not configured (canary.userId, canary.organizationId)',
  })
  expect(outcome(await probes.run(extensionTokenMisjudged, 'crm-a', { secrets: {} }))).toBe('skipped')
})
