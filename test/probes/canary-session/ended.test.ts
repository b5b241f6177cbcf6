import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { canarySessionEnded } from '../../../src/probes/canary-session/ended.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'
import { valuesOf } from '../../support/run-check.ts'
import { whileChanged } from '../../support/while-changed.ts'

// Each restart of a server takes a second of a core.
vi.setConfig({ testTimeout: 60_000 })

const WEEK = 604_800

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const on = (server: string) => probes.run(canarySessionEnded, server)
const expireIn = (interval: string) =>
  probes.sql('update session set expires_at = now() + $1::interval where id = $2', [
    interval,
    probes.canary.sessionId,
  ])

test('the session is accepted by every server, and extended as a visitor’s is', async () => {
  expect(await outcomes(probes, canarySessionEnded)).toEqual(HEALTHY)
  const { secondsLeft } = valuesOf(await on('crm-a'))
  expect(secondsLeft).toBeGreaterThan(WEEK - 120)
  expect(secondsLeft).toBeLessThanOrEqual(WEEK)
  // Less than six of its seven days are left: with the default `updateAge` of a day it is due.
  await expireIn('5 days')
  expect(valuesOf(await on('crm-b')).secondsLeft).toBeGreaterThan(WEEK - 120)
})

test('a server with another secret or cookie name does not know it, and one that cannot sign fails', async () => {
  const changes = {
    'crm-b': { secret: 'another-secret-another-secret-another' },
    'crm-c': { nodeEnv: 'development' },
  } as const
  await whileChanged(probes, changes, async () => {
    expect(await outcomes(probes, canarySessionEnded)).toEqual({
      'crm-a': 'pass',
      'crm-b': ['session: session_null'],
      'crm-c': ['session: session_null'],
    })
  })
  const keys = await probes.sql('select id, private_key from jwks')
  await probes.sql(`update jwks set private_key = '"unreadable"'`)
  expect(outcome(await on('crm-a'))).toEqual(['session: signing_key'])
  for (const { id, private_key } of keys) {
    await probes.sql('update jwks set private_key = $1 where id = $2', [private_key, id])
  }
  expect(await outcomes(probes, canarySessionEnded)).toEqual(HEALTHY)
})

test('where sessions are not extended, the end is announced before it comes', async () => {
  // Within a lifetime of an hour a session is never due for the extension that comes after a day.
  await probes.whilePatched('crm-b', { sessionExpiresIn: 3_600 }, async () => {
    await expireIn('1 hour')
    expect(await on('crm-b')).toMatchObject({ state: 'fail', severity: 'info', findings: [] })
  })
  expect(outcome(await on('crm-b'))).toBe('pass')
})

test('a session that was revoked is told from one that is not recognised', async () => {
  const before = await probes.sql('delete from session where id = $1 returning *', [probes.canary.sessionId])
  const ended = ['session: session_null_cleared']
  expect(await outcomes(probes, canarySessionEnded)).toEqual({
    'crm-a': ended,
    'crm-b': ended,
    'crm-c': ended,
  })
  expect(await on('crm-a')).toMatchObject({ state: 'fail', severity: 'critical' })
  await probes.sql('insert into session select * from jsonb_populate_record(null::session, $1)', [
    JSON.stringify(before[0]),
  ])
  expect(await outcomes(probes, canarySessionEnded)).toEqual(HEALTHY)
})
