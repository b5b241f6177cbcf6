import type { IncomingMessage, ServerResponse } from 'node:http'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { captcha } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { journeySignInBroken } from '../../../src/probes/journey/sign-in-broken.ts'
import { serverNotAnswering } from '../../../src/probes/server/not-answering.ts'
import { signInUnhealthy } from '../../../src/probes/sign-in/unhealthy.ts'
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

const rows = () =>
  probes.sql(`select (select count(*)::int from "user") as users, (select count(*)::int from session) as sessions,
    (select count(*)::int from verification) as verifications`)

test('a healthy server refuses nobody’s sign-in and writes nothing', async () => {
  const before = await rows()
  expect(await outcomes(probes, signInUnhealthy)).toEqual(HEALTHY)
  expect(await rows()).toEqual(before)
})

test('sign-in that answers 5xx is named with its server, until it works again', async () => {
  await probes.whilePatched('crm-b', { failSignIn: true }, async () => {
    expect(await outcomes(probes, signInUnhealthy)).toEqual({
      ...HEALTHY,
      'crm-b': ['sign_in: server_error'],
    })
  })
  expect(outcome(await probes.run(signInUnhealthy, 'crm-b'))).toBe('pass')
})

test('sign-in fails with its table, though the servers themselves answer', async () => {
  await probes.sql('alter table "user" rename to user_gone')
  try {
    const broken = ['sign_in: server_error']
    expect(await outcomes(probes, signInUnhealthy)).toEqual({
      'crm-a': broken,
      'crm-b': broken,
      'crm-c': broken,
    })
    expect(await outcomes(probes, serverNotAnswering)).toEqual(HEALTHY)
  } finally {
    await probes.sql('alter table user_gone rename to "user"')
  }
})

test('a server that does not trust the first declared origin refuses everybody there', async () => {
  const patch = { trustedOrigins: probes.watched.origins.slice(1) }
  await probes.whilePatched('crm-b', patch, async () => {
    expect(await probes.run(signInUnhealthy, 'crm-b')).toMatchObject({
      state: 'fail',
      findings: [{ key: 'sign_in', detail: { reason: 'origin_refused', code: 'INVALID_ORIGIN' } }],
    })
  })
})

test('a limiter that stops the probe is no fault: nothing can be said', async () => {
  await probes.fleet.restart('crm-c')
  const three = [1, 2, 3].map(() => probes.run(signInUnhealthy, 'crm-c'))
  expect((await Promise.all(three)).map(outcome)).toEqual(['pass', 'pass', 'pass'])
  expect(outcome(await probes.run(signInUnhealthy, 'crm-c'))).toBe('error ERR_RATE_LIMITED')
})

test('a captcha that a probe cannot solve is no fault either', async () => {
  const { handler } = betterAuth({
    baseURL: 'http://localhost:3000',
    secret: 'only-for-this-test-0123456789abcdef',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    plugins: [captcha({ provider: 'hcaptcha', secretKey: 'secret' })],
  })
  await using front = await startFront(toNodeHandler(handler))
  const there = probes.behind('crm-b', front.url)
  expect(outcome(await probes.run(signInUnhealthy, 'crm-b', there))).toBe('error ERR_CAPTCHA')
  expect(outcome(await probes.run(journeySignInBroken, 'crm-b', there))).toBe('error ERR_CAPTCHA')
  expect(outcome(await probes.run(signInUnhealthy, 'crm-b'))).toBe('pass')
})

test('a server that is down or hangs is for another probe to judge', async () => {
  await probes.fleet.stop('crm-c')
  expect(outcome(await probes.run(signInUnhealthy, 'crm-c'))).toBe('error ERR_UNREACHABLE')
  await probes.fleet.restart('crm-c')
})

test('a wrong path, switched off passwords and a guard in front are told apart', async () => {
  const routes = { ...probes.watched.routes, auth: '/api/elsewhere' }
  expect(outcome(await probes.run(signInUnhealthy, 'crm-a', { routes }))).toEqual(['sign_in: not_found'])
  const instead = async (status: number, code: string) => {
    const body = JSON.stringify({ code })
    await using front = await startFront(always({ status, type: 'application/json', body }))
    return outcome(await probes.run(signInUnhealthy, 'crm-b', probes.behind('crm-b', front.url)))
  }
  expect(await instead(400, 'EMAIL_PASSWORD_DISABLED')).toEqual(['sign_in: passwords_off'])
  expect(await instead(403, 'BOT_DETECTED')).toEqual(['sign_in: forbidden'])
  expect(await instead(200, '')).toEqual(['sign_in: unexpected_status'])
})

test('a server that lets anybody in is told, and the session it gave is given back', async () => {
  const seen: string[] = []
  const open = (request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.method} ${request.url} ${request.headers.cookie ?? ''}`)
    response.setHeader('set-cookie', ['session=abc; Path=/; HttpOnly', 'extra=1'])
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ redirect: false, token: 'abc', user: {} }))
  }
  await using front = await startFront(open)
  const verdict = await probes.run(signInUnhealthy, 'crm-b', probes.behind('crm-b', front.url))
  expect(outcome(verdict)).toEqual(['sign_in: accepted'])
  expect(seen).toEqual(['POST /api/auth/sign-in/email ', 'POST /api/auth/sign-out session=abc; extra=1'])
})
