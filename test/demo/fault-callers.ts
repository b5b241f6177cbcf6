import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Client, createClient } from '../../src/demo/client.ts'
import { canaryOf, spareClient } from '../../src/demo/faults/roles.ts'
import type { Seeded } from '../../src/demo/seed.ts'
import type { DemoCrm } from './demo-crm.ts'

export const APP = 'https://app.crm.example.com'
export const ADMIN = 'https://admin.crm.example.com'
export const HOSTILE = 'https://hostile.example.net'

/** Each caller has an address of its own, of 198.19.0.0/16, so that none shares a rate limit. */
const addresses = (function* () {
  for (let number = 0; ; number += 1) yield `198.19.${2 + Math.floor(number / 250)}.${(number % 250) + 1}`
})()

export function caller(origin = APP): Client {
  return createClient({ origin, address: addresses.next().value })
}

export function signIn(
  crm: DemoCrm,
  { password = crm.seeded.password, origin = APP, url = crm.b('') } = {},
): Promise<Answer> {
  const { email } = crm.seeded.users[24]!
  return caller(origin).call(`${url}/api/auth/sign-in/email`, { json: { email, password } })
}

export async function sessionCookie(crm: DemoCrm): Promise<string> {
  const [cookie = 'none'] = (await signIn(crm)).headers.getSetCookie()
  return cookie.replace(/=[^;]*/, '')
}

export async function preflight(crm: DemoCrm, origin: string): Promise<string | null> {
  const response = await fetch(crm.b('/api/records'), {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
    signal: AbortSignal.timeout(5_000),
  })
  return response.headers.get('access-control-allow-origin')
}

export async function statusOfKey(
  crm: DemoCrm,
  key: string,
  { tenant, path = '/api/records' }: { tenant?: string; path?: string } = {},
) {
  const headers = { 'x-api-key': key, ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }) }
  return (await caller().call(crm.b(path), { headers })).status
}

export async function canaryKey(crm: DemoCrm): Promise<number> {
  const { apiKey, user } = canaryOf(crm.seeded)
  return statusOfKey(crm, apiKey.key, { tenant: user.organization })
}

export const spareKey = (seeded: Seeded, index: Parameters<typeof spareClient>[1]): string =>
  spareClient(seeded, index).apiKey.key

export async function invoke(crm: DemoCrm, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await caller().call(crm.b('/api/actions/refresh'), { json: {}, headers })).status
}

export function claimsOf({ seeded }: DemoCrm, scopes = ['actions:invoke']) {
  return { orgId: seeded.organizations[0]!.id, userId: seeded.users[0]!.id, extension_id: 'reports', scopes }
}

/** Whether anybody calls the servers while nobody here does: a call makes queries. */
export async function isBusy(crm: DemoCrm): Promise<boolean> {
  const lastQuery = async () => {
    const [row] = await crm.sql(
      `select coalesce(max(query_start), '-infinity')::text as at from pg_stat_activity
       where application_name in ('crm-a', 'crm-b')`,
    )
    return row?.at
  }
  const before = await lastQuery()
  for (let turn = 0; turn < 12; turn += 1) {
    await sleep(100)
    if ((await lastQuery()) !== before) return true
  }
  return false
}

export async function skewSeconds(crm: DemoCrm): Promise<number> {
  const { headers } = await caller().call(crm.b('/healthz'))
  return Math.round((Date.parse(headers.get('date') ?? '') - Date.now()) / 60_000) * 60 + 0
}

export async function newcomer(crm: DemoCrm): Promise<number> {
  const json = { email: `visitor@look.example.com`, password: crm.seeded.password, name: 'Visitor' }
  const headers = { 'x-tenant-id': 'acme' }
  await caller().call(crm.a('/api/auth/sign-up/email'), { json, headers })
  const { status } = await caller().call(crm.b('/api/auth/sign-in/email'), { json })
  await crm.sql('delete from "user" where email = $1', [json.email])
  return status
}

export const reach = (crm: DemoCrm): Promise<string> =>
  fetch(crm.b('/healthz'), { signal: AbortSignal.timeout(500) }).then(
    ({ status }) => String(status),
    (error: Error) => (error.name === 'TimeoutError' ? 'no answer' : 'refused'),
  )

export const count = async (crm: DemoCrm, sql: string): Promise<unknown> =>
  (await crm.sql(`select (${sql})::int as n`))[0]?.n
