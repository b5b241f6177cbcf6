import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { jwksUnusable } from '../../../src/probes/jwks/unusable.ts'
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

/** The verdict on crm-b while something else answers in its place. */
async function instead(answer: { status: number; type?: string; body: string }) {
  await using front = await startFront(always({ type: 'application/json', ...answer }))
  return await probes.run(jwksUnusable, 'crm-b', probes.behind('crm-b', front.url))
}

test('the keys of a healthy server are counted', async () => {
  expect(await outcomes(probes, jwksUnusable)).toEqual(HEALTHY)
  const [{ keys } = {}] = await probes.sql('select count(*)::int as keys from jwks')
  expect(await probes.run(jwksUnusable, 'crm-a')).toEqual({
    state: 'pass',
    values: { offenders: 0, keys },
  })
})

test('a server whose table of keys cannot be read is broken, until it can', async () => {
  await probes.sql('alter table jwks rename to jwks_gone')
  try {
    const broken = ['keys: server_error']
    expect(await outcomes(probes, jwksUnusable)).toEqual({
      'crm-a': broken,
      'crm-b': broken,
      'crm-c': broken,
    })
  } finally {
    await probes.sql('alter table jwks_gone rename to jwks')
  }
  expect(await outcomes(probes, jwksUnusable)).toEqual(HEALTHY)
})

test('a server without the jwt plugin passes and counts nothing', async () => {
  expect(await instead({ status: 404, body: '' })).toEqual({ state: 'pass', values: { offenders: 0 } })
})

test('an answer that no verifier could use is told apart by what is wrong with it', async () => {
  const publicKey = {
    kid: 'a',
    kty: 'OKP',
    crv: 'Ed25519',
    alg: 'EdDSA',
    // RFC 8037, appendix A.
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }
  const keySet = (...keys: readonly object[]) => ({ status: 200, body: JSON.stringify({ keys }) })
  expect(outcome(await instead(keySet(publicKey)))).toBe('pass')

  expect(outcome(await instead(keySet()))).toEqual(['keys: no_keys'])
  expect(outcome(await instead(keySet(publicKey, { ...publicKey, x: undefined })))).toEqual([
    'keys: unparsable',
  ])
  const privateKey = { ...publicKey, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }
  const shown = await instead(keySet(privateKey))
  expect(outcome(shown)).toEqual(['keys: private_key_shown'])
  expect(JSON.stringify(shown)).not.toContain(privateKey.d)
  const page = { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html>' }
  expect(outcome(await instead(page))).toEqual(['keys: unparsable'])
  expect(outcome(await instead({ status: 401, body: '{}' }))).toEqual(['keys: wrong_status'])
})
