import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAccessNonsenseAccepted } from '../../../src/probes/api-access/nonsense-accepted.ts'
import { startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const check = apiAccessNonsenseAccepted

test('a healthy server refuses, and no key is used', async () => {
  const keys = () => probes.sql('select id, request_count, last_request, updated_at from api_key')
  const before = await keys()
  expect(await outcomes(probes, check)).toEqual(HEALTHY)
  expect(await keys()).toEqual(before)
})

test('a server that lets anybody in is told by what it took', async () => {
  const answering = async (statusOf: (request: IncomingMessage) => number) => {
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(statusOf(request), { 'content-type': 'application/json' }).end('{}')
    await using front = await startFront(answer)
    return outcome(await probes.run(check, 'crm-b', probes.behind('crm-b', front.url)))
  }
  expect(await answering(() => 200)).toEqual(['anonymous: accepted', 'nonsense_key: accepted'])
  expect(await answering(({ headers }) => (headers['x-api-key'] ? 200 : 401))).toEqual([
    'nonsense_key: accepted',
  ])
  expect(await answering(() => 403)).toBe('pass')
  expect(await answering(({ headers }) => (headers['x-api-key'] ? 500 : 401))).toEqual([
    'nonsense_key: server_error',
  ])
  expect(await answering(() => 429)).toBe('error ERR_RATE_LIMITED')
})

test('a tenant route that is not there, or not configured, is told apart', async () => {
  const withTenant = (tenant: string | null) => ({ routes: { ...probes.watched.routes, tenant } })
  expect(outcome(await probes.run(check, 'crm-a', withTenant('/nowhere')))).toEqual([
    'anonymous: not_found',
    'nonsense_key: not_found',
  ])
  expect(outcome(await probes.run(check, 'crm-a', withTenant(null)))).toBe('skipped')
})
