import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { originTrustMismatch } from '../../../src/probes/origin/trust-mismatch.ts'
import { always, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { HOSTILE_ORIGIN, type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

const APP = 'https://app.crm.example.com'
const ADMIN = 'https://admin.crm.example.com'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

test('a server that lacks a declared origin is named with it, until it trusts it again', async () => {
  expect(await outcomes(probes, originTrustMismatch)).toEqual(HEALTHY)
  await probes.whilePatched('crm-b', { trustedOrigins: [APP] }, async () => {
    expect(await probes.run(originTrustMismatch, 'crm-b')).toMatchObject({
      state: 'fail',
      severity: 'critical',
      findings: [
        { key: `declared/${ADMIN}`, detail: { step: 'declared', reason: 'refused', code: 'INVALID_ORIGIN' } },
      ],
    })
    expect(outcome(await probes.run(originTrustMismatch, 'crm-a'))).toBe('pass')
  })
  expect(outcome(await probes.run(originTrustMismatch, 'crm-b'))).toBe('pass')
})

test('a server that trusts a foreign origin is named, also when a pattern lets it in', async () => {
  const trustedOrigins = ['https://app.*', ADMIN, HOSTILE_ORIGIN]
  await probes.whilePatched('crm-b', { trustedOrigins }, async () => {
    expect(outcome(await probes.run(originTrustMismatch, 'crm-b'))).toEqual([
      'hostile/https://app.crm.example.com.authwatch-hostile.example: hostile_trusted',
      `hostile/${HOSTILE_ORIGIN}: hostile_trusted`,
    ])
  })
})

test('nobody is signed out, and nothing is written', async () => {
  const sessions = () => probes.sql('select id, expires_at, updated_at from session order by id')
  const before = await sessions()
  expect(before.length).toBeGreaterThan(0)
  await probes.runAll(originTrustMismatch)
  expect(await sessions()).toEqual(before)
})

test('without declared origins only the foreign ones are asked for', async () => {
  expect(outcome(await probes.run(originTrustMismatch, 'crm-a', { origins: [] }))).toBe('pass')
})

test('a wrong path is told, and a gateway’s page is for another probe to judge', async () => {
  const routes = { ...probes.watched.routes, auth: '/api/elsewhere' }
  expect(outcome(await probes.run(originTrustMismatch, 'crm-a', { routes }))).toContain(
    `declared/${APP}: not_found`,
  )
  await using front = await startFront(always({ status: 502, type: 'text/html', body: '' }))
  expect(await probes.run(originTrustMismatch, 'crm-b', probes.behind('crm-b', front.url))).toMatchObject({
    state: 'error',
    message: expect.stringContaining('unusable_answer (status 502, type text/html)'),
  })
})
