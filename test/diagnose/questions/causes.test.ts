import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startDiagnosedCrm, tokenOf } from '../diagnosed-crm.ts'
import { apiKeyCauses } from './api-key-causes.ts'
import { ADMIN, type AskedCrm, askedCrm } from './asked-crm.ts'
import { expectHealthy } from './expect-cause.ts'
import { extensionTokenCauses } from './extension-token-causes.ts'
import { serverCauses } from './server-causes.ts'
import { sessionCauses } from './session-causes.ts'
import { userCauses } from './user-causes.ts'

vi.setConfig({ testTimeout: 60_000 })

let asked: AskedCrm

beforeAll(async () => {
  asked = askedCrm(await startDiagnosedCrm())
}, 90_000)
afterAll(async () => asked?.crm[Symbol.asyncDispose](), 30_000)

test('nothing is wrong with a healthy user, session, key, token and way in', async () => {
  const { crm, session, user, apiKey, login, token, mint } = asked
  const { canary } = crm.probes
  expectHealthy(await user(canary.tenant))
  expectHealthy(await session())
  expectHealthy(await session(`__Secure-better-auth-session=${canary.session}`))
  expectHealthy(await session(tokenOf(canary.session)))
  expectHealthy(await apiKey(canary.tenant))
  expectHealthy(await token(await mint({})))
  expectHealthy(await login('crm-b', ADMIN))
})

test('a person sees each step with its sign, then the cause, the fix and the section of the runbook', async () => {
  const { crm } = asked
  const { canary } = crm.probes
  const complaint = { about: 'user', who: canary.email, org: canary.foreignTenant } as const
  const lines = (await crm.text(complaint)).split('\n')
  expect(lines[0]).toBe(`Can ${canary.email} sign in and reach borealis?`)
  expect(lines).toContain('✓ Is the user let in? not banned')
  expect(lines).toContain('✗ Is the user a member of borealis? no member of borealis; of acme')
  expect(lines.slice(-6).map((line) => line.split('  ')[0])).toEqual(['', 'Cause', 'Fix', '', 'Runbook', ''])
  expect(lines.at(-2)).toBe('Runbook  alerts/README.md#a-user-cannot-reach-an-organization')
  expect(await crm.text({ ...complaint, org: canary.tenant })).toContain('\nNothing wrong was found. ')
})

// One fleet serves all of them: each fault is undone before the next is made.
sessionCauses(() => asked)
serverCauses(() => asked)
apiKeyCauses(() => asked)
userCauses(() => asked)
extensionTokenCauses(() => asked)
