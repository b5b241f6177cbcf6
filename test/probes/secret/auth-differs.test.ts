import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { secretAuthDiffers } from '../../../src/probes/secret/auth-differs.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const run = (changes = {}) => probes.run(secretAuthDiffers, 'crm-b', changes)
const wrongSecret = { auth: 'another-secret-another-secret-another', extensionToken: undefined }

test('a server with another secret is named, until it has the expected one', async () => {
  const sessions = () => probes.sql('select id, updated_at from session order by id')
  const before = await sessions()
  expect(await outcomes(probes, secretAuthDiffers)).toEqual(HEALTHY)
  expect(await run()).toEqual({ state: 'pass', values: { offenders: 0, mismatch: 0 } })
  await probes.whilePatched('crm-b', { secret: wrongSecret.auth }, async () => {
    const verdict = await run()
    expect(verdict).toMatchObject({
      state: 'fail',
      severity: 'critical',
      values: { mismatch: 1 },
      findings: [{ key: 'forged', detail: { step: 'forged', reason: 'differs' } }],
    })
    const { auth } = probes.watched.secrets
    for (const secret of [auth, wrongSecret.auth]) expect(JSON.stringify(verdict)).not.toContain(secret)
    expect(outcome(await probes.run(secretAuthDiffers, 'crm-a'))).toBe('pass')
  })
  expect(outcome(await run())).toBe('pass')
  expect(await sessions()).toEqual(before)
})

test('the prefix and the attributes of the cookie are not judged here', async () => {
  await probes.whilePatched(
    'crm-b',
    { nodeEnv: 'development', baseURL: 'https://api.other.example' },
    async () => {
      expect(outcome(await run())).toBe('pass')
      expect(outcome(await run({ secrets: wrongSecret }))).toEqual(['forged: differs'])
    },
  )
})

test('a cookie of another name is told from another secret', async () => {
  const policy = { ...probes.watched.policy, cookie: { name: 'better-auth.session_token' } }
  expect(await run({ policy })).toMatchObject({
    state: 'fail',
    severity: 'warning',
    values: { mismatch: 0 },
    findings: [
      {
        key: 'cookie_name',
        detail: { reason: 'cookie_name', cleared: expect.stringContaining('__Secure-better-auth-session') },
      },
    ],
  })
  expect(await run({ policy, secrets: wrongSecret })).toMatchObject({
    severity: 'critical',
    findings: [{ key: 'forged', detail: { reason: 'differs' } }],
  })
})

test('when Set-Cookie is stripped on the way, or the server fails, nothing can be said', async () => {
  await probes.whilePatched('crm-b', { stripSetCookie: true }, async () => {
    expect(await run()).toMatchObject({
      state: 'error',
      message: 'cookie_name got no answer to judge: unusable_answer (header set-cookie)',
    })
  })
  await probes.sql('alter table session rename to session_gone')
  try {
    expect(await run()).toMatchObject({
      state: 'error',
      message: expect.stringMatching(/^forged got no answer to judge: unusable_answer \(status 500,/),
    })
  } finally {
    await probes.sql('alter table session_gone rename to session')
  }
})

test('without the expected secret it is skipped', async () => {
  expect(outcome(await run({ secrets: {} }))).toBe('skipped')
})
