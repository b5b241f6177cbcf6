import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { serverNotAnswering } from '../../../src/probes/server/not-answering.ts'
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

test('a server that is stopped is named, and no longer once it is back', async () => {
  expect(await outcomes(probes, serverNotAnswering)).toEqual(HEALTHY)
  await probes.fleet.kill('crm-b')
  expect(await outcomes(probes, serverNotAnswering)).toEqual({
    ...HEALTHY,
    'crm-b': ['ok: connection_refused'],
  })
  await probes.fleet.restart('crm-b')
  expect(await outcomes(probes, serverNotAnswering)).toEqual(HEALTHY)
})

test('a server that accepts and never answers costs nobody but itself its deadline', async () => {
  await probes.whilePatched('crm-b', { hang: true }, async () => {
    const begun = performance.now()
    const hung = probes.run(serverNotAnswering, 'crm-b')
    expect(outcome(await probes.run(serverNotAnswering, 'crm-a'))).toBe('pass')
    expect(performance.now() - begun).toBeLessThan(4_000)
    expect(outcome(await hung)).toEqual(['ok: timeout'])
    expect(performance.now() - begun).toBeLessThan(9_000)
  })
})

test('a page of a proxy or a front end is not taken for the application', async () => {
  const html = '<!doctype html><title>Welcome</title>'
  const page = await startFront(always({ status: 200, type: 'text/html', body: html }))
  const gateway = await startFront(always({ status: 502, type: 'text/html', body: html }))
  const login = await startFront(always({ status: 302, type: 'text/html', body: html }))
  try {
    const behind = async ({ url }: { url: string }) =>
      probes.run(serverNotAnswering, 'crm-b', probes.behind('crm-b', url))
    expect(await behind(page)).toMatchObject({
      state: 'fail',
      severity: 'critical',
      findings: [
        {
          key: 'ok',
          detail: { step: 'ok', reason: 'not_the_application', status: '200', type: 'text/html' },
        },
      ],
    })
    expect(outcome(await behind(gateway))).toEqual(['ok: server_error'])
    expect(outcome(await behind(login))).toEqual(['ok: wrong_status'])
  } finally {
    await Promise.all([page, gateway, login].map((front) => front[Symbol.asyncDispose]()))
  }
})

test('what does not speak HTTP is no server', async () => {
  const stranger = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
  stranger.listen({ host: '127.0.0.1', port: 0 })
  await once(stranger, 'listening')
  const address = stranger.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const changes = probes.behind('crm-b', `http://127.0.0.1:${port}`)
    expect(outcome(await probes.run(serverNotAnswering, 'crm-b', changes))).toEqual(['ok: not_http'])
  } finally {
    stranger.close()
  }
})

test('a limiter that stops the probe is no fault of the server', async () => {
  const { url } = probes.fleet.server('crm-c')
  // better-auth's own limit is 100 requests in 10 s.
  await Promise.all(Array.from({ length: 101 }, () => fetch(`${url}/api/auth/ok`)))
  expect(outcome(await probes.run(serverNotAnswering, 'crm-c'))).toBe('error ERR_RATE_LIMITED')
  expect(outcome(await probes.run(serverNotAnswering, 'crm-a'))).toBe('pass')
})
