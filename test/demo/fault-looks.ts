import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { mintExtensionToken } from '../../src/demo/extension-token.ts'
import { busyClient, canaryOf, spareClient, spareUser } from '../../src/demo/faults/roles.ts'
import type { DemoCrm } from './demo-crm.ts'
import {
  ADMIN,
  APP,
  caller,
  canaryKey,
  claimsOf,
  count,
  HOSTILE,
  invoke,
  isBusy,
  newcomer,
  preflight,
  reach,
  sessionCookie,
  signIn,
  skewSeconds,
  spareKey,
  statusOfKey,
} from './fault-callers.ts'

/** What a client meets, while all is well and while the fault is on. */
export interface Look {
  see(crm: DemoCrm): Promise<unknown>
  readonly healthy: unknown
  readonly faulty: unknown
}

export const looks: Readonly<Record<string, Look>> = {
  F01: {
    see: (crm) => count(crm, 'select count(*) from session where expires_at < now()'),
    healthy: 0,
    faulty: 12_000,
  },
  F02: {
    see: async (crm) => /Max-Age=\d+/.exec(await sessionCookie(crm))?.[0],
    healthy: 'Max-Age=604800',
    faulty: 'Max-Age=3600',
  },
  F03: {
    see: async (crm) => {
      const { body } = await crm.seeded.signedIn[5]!.client.call(crm.b('/api/auth/get-session'))
      return body === null ? 'nobody' : 'somebody'
    },
    healthy: 'somebody',
    faulty: 'nobody',
  },
  F04: {
    see: async (crm) => /Domain=[^;]+/.exec(await sessionCookie(crm))?.[0],
    healthy: 'Domain=.crm.example.com',
    faulty: 'Domain=.old-crm.example.net',
  },
  F05: {
    see: sessionCookie,
    healthy:
      '__Secure-better-auth-session; Max-Age=604800; Domain=.crm.example.com; Path=/; HttpOnly; Secure; SameSite=None',
    faulty: 'better-auth-session; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax',
  },
  F06: {
    see: async (crm) => {
      const { status, headers } = await signIn(crm)
      return [status, headers.getSetCookie().length > 0, headers.get('via')]
    },
    healthy: [200, true, null],
    faulty: [200, false, '1.1 proxy'],
  },
  F07: {
    see: (crm) => Promise.all([preflight(crm, APP), preflight(crm, ADMIN)]),
    healthy: [APP, ADMIN],
    faulty: [APP, null],
  },
  F08: {
    see: async (crm) => [(await signIn(crm)).status, (await signIn(crm, { origin: ADMIN })).status],
    healthy: [200, 200],
    faulty: [200, 403],
  },
  F09: {
    see: async (crm) => [await preflight(crm, HOSTILE), (await signIn(crm, { origin: HOSTILE })).status],
    healthy: [null, 403],
    faulty: [HOSTILE, 200],
  },
  F10: { see: canaryKey, healthy: 200, faulty: 401 },
  F10b: { see: canaryKey, healthy: 200, faulty: 401 },
  F10c: { see: canaryKey, healthy: 200, faulty: 401 },
  F10d: { see: canaryKey, healthy: 200, faulty: 401 },
  F11: {
    see: async (crm) => [
      await statusOfKey(crm, spareKey(crm.seeded, 0)),
      await statusOfKey(crm, spareKey(crm.seeded, 1)),
      await statusOfKey(crm, spareKey(crm.seeded, 2)),
    ],
    healthy: [200, 200, 200],
    faulty: [401, 401, 401],
  },
  // The debug route asks for an identity and no organization: it tells that the key is accepted.
  F12: {
    see: async (crm) => [
      await statusOfKey(crm, spareKey(crm.seeded, 3)),
      await statusOfKey(crm, spareKey(crm.seeded, 3), { path: '/debug/session' }),
      await statusOfKey(crm, spareKey(crm.seeded, 4)),
      await statusOfKey(crm, spareKey(crm.seeded, 4), { path: '/debug/session' }),
    ],
    healthy: [200, 200, 200, 200],
    faulty: [401, 200, 401, 200],
  },
  F13: {
    see: async (crm) => [await canaryKey(crm), await statusOfKey(crm, canaryOf(crm.seeded).apiKey.key)],
    healthy: [200, 200],
    faulty: [401, 200],
  },
  F14: {
    see: async (crm) => {
      const statuses = []
      for (const index of [5, 5, 6, 6, 6] as const)
        statuses.push(await statusOfKey(crm, spareKey(crm.seeded, index)))
      return statuses
    },
    healthy: [200, 200, 200, 200, 200],
    faulty: [200, 401, 200, 200, 401],
  },
  F15: {
    see: async (crm) => {
      const { client } = spareClient(crm.seeded, 0)
      await client.call(crm.b('/api/auth/get-session?disableCookieCache=true'))
      return (await client.call(crm.b('/api/auth/organization/get-full-organization'))).status
    },
    healthy: 200,
    faulty: 403,
  },
  F16: { see: newcomer, healthy: 200, faulty: 500 },
  F17: {
    see: async (crm) => {
      const json = { email: spareUser(crm.seeded, 1).email, password: crm.seeded.password }
      return [
        (await caller().call(crm.b('/api/auth/sign-in/email'), { json })).status,
        await count(
          crm,
          `select count(*) from organization o where not exists
          (select from member m where m.organization_id = o.id and m.role = 'owner')`,
        ),
        await count(
          crm,
          `select count(*) from member m where not exists
          (select from organization o where o.id = m.organization_id)`,
        ),
      ]
    },
    healthy: [200, 0, 0],
    faulty: [500, 1, 1],
  },
  F18: {
    see: async (crm) =>
      invoke(crm, await mintExtensionToken(crm.fleet.server('crm-a').settings, claimsOf(crm))),
    healthy: 200,
    faulty: 401,
  },
  F19: {
    see: async (crm) => {
      const { settings } = crm.fleet.server('crm-a')
      return invoke(crm, await mintExtensionToken({ ...settings, extensionTokenLifetime: -1 }, claimsOf(crm)))
    },
    healthy: 401,
    faulty: 200,
  },
  F19b: {
    see: async (crm) => {
      const json = { extensionId: 'reports', scopes: ['actions:invoke'] }
      const { body } = await crm.seeded.signedIn[6]!.client.call(crm.b('/api/extension-tokens'), { json })
      return body
    },
    healthy: expect.objectContaining({ expiresIn: 3_600 }),
    faulty: expect.objectContaining({ expiresIn: 86_400 }),
  },
  F20: {
    see: async (crm) => {
      const { settings } = crm.fleet.server('crm-a')
      const forAnother = new SignJWT(claimsOf(crm))
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience('another')
      const key = new TextEncoder().encode(settings.extensionTokenSecret)
      return [
        await invoke(crm, await mintExtensionToken(settings, claimsOf(crm, ['read']))),
        await invoke(
          crm,
          await mintExtensionToken({ ...settings, allowWildcardScope: true }, claimsOf(crm, ['*'])),
        ),
        await invoke(crm, await forAnother.setExpirationTime('5 minutes').sign(key)),
      ]
    },
    healthy: [403, 401, 401],
    faulty: [200, 200, 200],
  },
  F21: {
    see: async (crm) => (await caller().call(crm.b('/debug/session'))).status,
    healthy: 401,
    faulty: 200,
  },
  F22: { see: skewSeconds, healthy: 0, faulty: 300 },
  F23: {
    see: async (crm) => [
      (await crm.seeded.signedIn[7]!.client.call(crm.b('/api/auth/get-session'))).status,
      (await caller().call(crm.b('/api/auth/get-session'))).status,
    ],
    healthy: [200, 200],
    faulty: [500, 200],
  },
  F24: {
    see: async (crm) => {
      const statuses = []
      for (let turn = 0; turn < 4; turn += 1)
        statuses.push((await signIn(crm, { password: 'mistyped' })).status)
      return statuses
    },
    healthy: [401, 401, 401, 401],
    faulty: [401, 401, 401, 429],
  },
  F25: { see: async (crm) => (await signIn(crm)).status, healthy: 200, faulty: 500 },
  F26: {
    see: async (crm) => [(await signIn(crm)).status, (await signIn(crm, { url: crm.a('') })).status],
    healthy: [200, 200],
    faulty: [500, 500],
  },
  F27: { see: (crm) => isBusy(crm), healthy: false, faulty: true },
  F27b: { see: (crm) => isBusy(crm), healthy: false, faulty: true },
  F28: {
    see: async (crm) => [await statusOfKey(crm, busyClient(crm.seeded).apiKey.key), await isBusy(crm)],
    healthy: [200, false],
    faulty: [401, true],
  },
  F29: {
    see: async (crm) => [(await signIn(crm)).status, (await signIn(crm, { url: crm.a('') })).status],
    healthy: [200, 200],
    faulty: [401, 401],
  },
  F30: { see: reach, healthy: '200', faulty: 'refused' },
  F30b: { see: reach, healthy: '200', faulty: 'no answer' },
}
