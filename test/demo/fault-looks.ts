import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { type Answer, type Client, createClient } from '../../src/demo/client.ts'
import { mintExtensionToken } from '../../src/demo/extension-token.ts'
import { busyClient, canaryOf, spareClient, spareUser } from '../../src/demo/faults/roles.ts'
import type { Seeded } from '../../src/demo/seed.ts'
import type { DemoCrm } from './demo-crm.ts'

/** What a client meets, while all is well and while the fault is on. */
export interface Look {
  see(crm: DemoCrm): Promise<unknown>
  readonly healthy: unknown
  readonly faulty: unknown
}

const APP = 'https://app.crm.example.com'
const ADMIN = 'https://admin.crm.example.com'
const HOSTILE = 'https://hostile.example.net'

/** Each caller has an address of its own, of 198.19.0.0/16, so that none shares a rate limit. */
const addresses = (function* () {
  for (let number = 0; ; number += 1) yield `198.19.${2 + Math.floor(number / 250)}.${(number % 250) + 1}`
})()

function caller(origin = APP): Client {
  return createClient({ origin, address: addresses.next().value })
}

function signIn(
  crm: DemoCrm,
  { password = crm.seeded.password, origin = APP, url = crm.b('') } = {},
): Promise<Answer> {
  const { email } = crm.seeded.users[24]!
  return caller(origin).call(`${url}/api/auth/sign-in/email`, { json: { email, password } })
}

async function sessionCookie(crm: DemoCrm): Promise<string> {
  const [cookie = 'none'] = (await signIn(crm)).headers.getSetCookie()
  return cookie.replace(/=[^;]*/, '')
}

async function preflight(crm: DemoCrm, origin: string): Promise<string | null> {
  const response = await fetch(crm.b('/api/records'), {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
    signal: AbortSignal.timeout(5_000),
  })
  return response.headers.get('access-control-allow-origin')
}

async function statusOfKey(
  crm: DemoCrm,
  key: string,
  { tenant, path = '/api/records' }: { tenant?: string; path?: string } = {},
) {
  const headers = { 'x-api-key': key, ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }) }
  return (await caller().call(crm.b(path), { headers })).status
}

async function canaryKey(crm: DemoCrm): Promise<number> {
  const { apiKey, user } = canaryOf(crm.seeded)
  return statusOfKey(crm, apiKey.key, { tenant: user.organization })
}

const spareKey = (seeded: Seeded, index: Parameters<typeof spareClient>[1]): string =>
  spareClient(seeded, index).apiKey.key

async function invoke(crm: DemoCrm, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await caller().call(crm.b('/api/actions/refresh'), { json: {}, headers })).status
}

function claimsOf({ seeded }: DemoCrm, scopes = ['actions:invoke']) {
  return { orgId: seeded.organizations[0]!.id, userId: seeded.users[0]!.id, extension_id: 'reports', scopes }
}

/** Whether anybody reads the table while nobody here does; the server reports its reads within a second or two. */
async function isRead(crm: DemoCrm, table: string): Promise<boolean> {
  const reads = async () => {
    const [row] = await crm.sql(
      `select (seq_scan + coalesce(idx_scan, 0))::int as reads from pg_stat_user_tables where relname = $1`,
      [table],
    )
    return row?.['reads']
  }
  let before = await reads()
  for (let quiet = 0, turn = 0; turn < 12; turn += 1) {
    await sleep(300)
    const after = await reads()
    quiet = after === before ? quiet + 1 : 0
    // No read in 1.5 s: the reads before were those of earlier calls.
    if (quiet === 5) return false
    before = after
  }
  return true
}

async function skewSeconds(crm: DemoCrm): Promise<number> {
  const { headers } = await caller().call(crm.b('/healthz'))
  return Math.round((Date.parse(headers.get('date') ?? '') - Date.now()) / 60_000) * 60
}

async function newcomer(crm: DemoCrm): Promise<number> {
  const json = { email: `visitor@look.example.com`, password: crm.seeded.password, name: 'Visitor' }
  const headers = { 'x-tenant-id': 'acme' }
  await caller().call(crm.a('/api/auth/sign-up/email'), { json, headers })
  const { status } = await caller().call(crm.b('/api/auth/sign-in/email'), { json })
  await crm.sql('delete from "user" where email = $1', [json.email])
  return status
}

const reach = (crm: DemoCrm): Promise<string> =>
  fetch(crm.b('/healthz'), { signal: AbortSignal.timeout(500) }).then(
    ({ status }) => String(status),
    (error: Error) => (error.name === 'TimeoutError' ? 'no answer' : 'refused'),
  )

const count = async (crm: DemoCrm, sql: string): Promise<unknown> =>
  (await crm.sql(`select (${sql})::int as n`))[0]?.['n']

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
  F27: { see: (crm) => isRead(crm, 'user'), healthy: false, faulty: true },
  F27b: { see: (crm) => isRead(crm, 'user'), healthy: false, faulty: true },
  F28: {
    see: async (crm) => [
      await statusOfKey(crm, busyClient(crm.seeded).apiKey.key),
      await isRead(crm, 'api_key'),
    ],
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
