import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { defaultPolicy } from '../../../src/catalogue/policy.ts'
import { attestationSettingsDrift as check } from '../../../src/probes/attestation/settings-drift.ts'
import { attestedSettings, settingText } from '../../../src/servers/fleet/attested-settings.ts'
import { attestedFleet, faults, only } from './attested-fleet.ts'

vi.setConfig({ testTimeout: 60_000 })

let fleet: Awaited<ReturnType<typeof attestedFleet>>
beforeAll(async () => {
  fleet = await attestedFleet()
})
afterAll(async () => fleet?.[Symbol.asyncDispose]())

test('servers with the same settings, which are those of the policy, pass', async () => {
  expect(await fleet.run(check)).toMatchObject({ state: 'pass', values: { offenders: 0 } })
})

test('what one server has otherwise is named, with its value and that of the others', async () => {
  const patch = { trustedOrigins: ['https://app.crm.example.com'], rateLimit: false }
  await fleet.it.whilePatched('crm-c', patch, async () => {
    const verdict = await fleet.run(check)
    expect(faults(verdict)).toEqual([
      'compare/rateLimit.enabled/crm-c differs',
      'compare/trustedOrigins/crm-c differs',
    ])
    expect(verdict).toMatchObject({
      severity: 'warning',
      findings: expect.arrayContaining([
        expect.objectContaining({
          key: 'compare/rateLimit.enabled/crm-c',
          detail: expect.objectContaining({ value: 'false', others: 'true' }),
        }),
      ]),
    })
  })
})

test('another NODE_ENV on one server is named', async () => {
  await fleet.it.whilePatched('crm-b', { nodeEnv: 'development' }, async () => {
    expect(faults(await fleet.run(check))).toContain('compare/nodeEnv/crm-b differs')
  })
})

test('a session lifetime other than the policy says is a fault on every server that has it', async () => {
  const policy = { ...fleet.it.watched.policy, sessionLifetime: '1d' } as const
  const verdict = await fleet.run(check, { policy })
  expect(faults(verdict)).toEqual([
    'compare/session.expiresIn/crm-a policy',
    'compare/session.expiresIn/crm-b policy',
    'compare/session.expiresIn/crm-c policy',
  ])
  expect(verdict).toMatchObject({
    findings: [{ detail: { value: '604800', expected: '86400' } }, {}, {}],
  })
})

test('extension tokens that live longer on one server are named, with the policy’s lifetime', async () => {
  await fleet.it.whilePatched('crm-c', { extensionTokenLifetime: 86_400 }, async () => {
    const verdict = await fleet.run(check)
    expect(faults(verdict)).toEqual(['compare/extensionToken.lifetime/crm-c policy'])
    expect(verdict).toMatchObject({ findings: [{ detail: { value: '86400', expected: '3600' } }] })
  })
})

test('cookies are compared with the policy by what they mean', async () => {
  const { cookie } = fleet.it.watched.policy
  const named = (changes: object) => ({
    policy: { ...defaultPolicy, cookie: { ...cookie, ...changes } },
    ...only(fleet.it, 'crm-a'),
  })
  expect(faults(await fleet.run(check, named({})))).toEqual([])
  expect(faults(await fleet.run(check, named({ name: 'other' })))).toEqual([
    'compare/cookie.name/crm-a policy',
  ])
  expect(faults(await fleet.run(check, named({ sameSite: 'strict' })))).toEqual([
    'compare/cookie.sameSite/crm-a policy',
  ])
  expect(faults(await fleet.run(check, named({ domain: 'elsewhere.example' })))).toEqual([
    'compare/cookie.domain/crm-a policy',
  ])
})

test('of two servers that differ none is called right', async () => {
  await fleet.it.whilePatched('crm-b', { cookieCacheMaxAge: 60 }, async () => {
    const verdict = await fleet.run(check, only(fleet.it, 'crm-a', 'crm-b'))
    expect(faults(verdict)).toEqual([
      'compare/session.cookieCache.maxAge/crm-a tie',
      'compare/session.cookieCache.maxAge/crm-b tie',
    ])
  })
})

test('a setting is shown as short plain text, whatever a server puts there', () => {
  expect(settingText({ baseURL: `\u001b[31m${'x'.repeat(500)}` }, 'baseURL')).toMatch(/^\?\[31mx{195}$/)
  expect(settingText({ trustedOrigins: ['b', 'a'] }, 'trustedOrigins')).toBe('a b')
  expect(settingText({ baseURL: { toString: 'x' } }, 'baseURL')).toBeUndefined()
  expect(settingText({ cookie: { domain: null } }, 'cookie.domain')).toBe('none')
  for (const setting of attestedSettings) expect(settingText(null, setting)).toBeUndefined()
})
