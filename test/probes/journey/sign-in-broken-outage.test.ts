import { symmetricEncrypt } from 'better-auth/crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { journeySignInBroken } from '../../../src/probes/journey/sign-in-broken.ts'
import { probeUserAgent } from '../../../src/servers/probe-user-agent.ts'
import { passingTo, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

// Each restart of a server takes a second of a core.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet({ overrides: { rateLimit: false } })
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const on = async (server: string, changes = {}) =>
  outcome(await probes.run(journeySignInBroken, server, changes))

test('a server that hangs or is down could not be looked at, and delays no other', async () => {
  await probes.whilePatched('crm-b', { hang: true }, async () => {
    await probes.fleet.stop('crm-c')
    const begun = Date.now()
    expect(await outcomes(probes, journeySignInBroken)).toEqual({
      'crm-a': 'pass',
      'crm-b': 'error ERR_TIMEOUT',
      'crm-c': 'error ERR_UNREACHABLE',
    })
    expect(Date.now() - begun).toBeLessThan(6_000)
  })
  await probes.fleet.restart('crm-c')
})

test('the limit on sign-ins is no fault, and using it up is all that can happen', async () => {
  await probes.whilePatched('crm-b', { rateLimit: true }, async () => {
    const outcomesInTurn = []
    for (let run = 0; run < 4; run += 1) outcomesInTurn.push(await on('crm-b'))
    expect(outcomesInTurn).toEqual(['pass', 'pass', 'pass', 'error ERR_RATE_LIMITED'])
  })
})

test('a session made on a server that then hangs is ended through another', async () => {
  const before = await probes.sessions()
  const pass = passingTo(probes.fleet.server('crm-b').url, (lines) => lines)
  await using front = await startFront((request, response) => {
    if (request.url?.endsWith('/sign-in/email') === true) pass(request, response)
  })
  expect(await on('crm-b', probes.behind('crm-b', front.url))).toBe('error ERR_TIMEOUT')
  expect(await probes.sessions()).toBe(before)
})

test('the session of a sign-in that was answered too late is ended later, and none that may be in use', async () => {
  const before = await probes.sessions()
  // Reads go on; who signs in waits until the lock is gone.
  const { databaseUrl } = probes.fleet.server('crm-b').settings
  const blocker = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await blocker.connect()
  try {
    await blocker.query('begin; lock table session in exclusive mode')
    expect(await on('crm-b')).toBe('error ERR_TIMEOUT')
  } finally {
    await blocker.end()
  }
  await expect.poll(probes.sessions).toBe(before + 1)
  expect(await on('crm-a')).toBe('pass')
  expect(await probes.sessions()).toBe(before + 1)

  const { sessionId } = probes.canary
  const [kept] = await probes.sql('select user_agent, created_at from session where id = $1', [sessionId])
  // Even the session that is to live for days, had a probe made it.
  await probes.sql('update session set user_agent = $1 where id = $2', [probeUserAgent('1.0.0'), sessionId])
  await probes.sql(`update session set created_at = created_at - interval '11 minutes'`)
  expect(await on('crm-a')).toBe('pass')
  expect(await probes.sessions()).toBe(before)
  expect(await probes.sql('select id from session where id = $1', [sessionId])).toHaveLength(1)
  const restored = [kept?.user_agent, kept?.created_at, sessionId]
  await probes.sql('update session set user_agent = $1, created_at = $2 where id = $3', restored)
})

test('a session that outlives its sign-out is told', async () => {
  const before = await probes.sessions()
  const pass = passingTo(probes.fleet.server('crm-b').url, (lines) => lines)
  await using front = await startFront((request, response) => {
    if (request.url?.endsWith('/sign-out') === true) response.writeHead(200).end('{}')
    else pass(request, response)
  })
  expect(await on('crm-b', probes.behind('crm-b', front.url))).toEqual(['revocation: still_accepted'])
  await using broken = await startFront((request, response) => {
    if (request.url?.endsWith('/sign-out') === true) response.writeHead(500).end()
    else pass(request, response)
  })
  expect(await on('crm-b', probes.behind('crm-b', broken.url))).toEqual(['sign_out: server_error'])
  // The first run's; the second's was ended through another server.
  expect(await probes.sessions()).toBe(before + 1)
})

test('without a cookie cache a revocation is felt at once', async () => {
  const pass = passingTo(probes.fleet.server('crm-b').url, (lines) =>
    lines.filter(([, value]) => !value.includes('session_data=')),
  )
  await using front = await startFront(pass)
  expect(await probes.run(journeySignInBroken, 'crm-b', probes.behind('crm-b', front.url))).toEqual({
    state: 'pass',
    values: { offenders: 0, revocationLag: 0 },
  })
})

test('a stored signing key that no server can decrypt is met only by those who are signed in', async () => {
  const before = await probes.sessions()
  const keys = await probes.sql('select id, private_key from jwks')
  expect(keys.length).toBeGreaterThan(0)
  const foreign = await symmetricEncrypt({ key: 'a-secret-that-is-gone', data: '{}' })
  await probes.sql('update jwks set private_key = $1', [JSON.stringify(foreign)])
  expect(await outcomes(probes, journeySignInBroken)).toEqual({
    'crm-a': ['session: signing_key'],
    'crm-b': ['session: signing_key'],
    'crm-c': ['session: signing_key'],
  })
  expect(await probes.sessions()).toBe(before)
  for (const { id, private_key } of keys) {
    await probes.sql('update jwks set private_key = $1 where id = $2', [private_key, id])
  }
  expect(await outcomes(probes, journeySignInBroken)).toEqual(HEALTHY)
})
