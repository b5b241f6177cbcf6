import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Client, createClient } from '../../src/demo/client.ts'
import type { Fleet } from '../../src/demo/fleet.ts'
import { applicationFailures } from '../../src/events/vocabulary.ts'
import { administer, databaseUrl } from '../support/bench-server.ts'
import { startCompiledFleet } from '../support/compiled-fleet.ts'
import { type Receiver, startReceiver, TOKEN } from './receiver.ts'

// What better-auth never sees, in a real application that tells it: the demo's CRM, in a process of its own.

const ATTESTATION_TOKEN = 'a token for the attestation'
const INTERVAL_MS = 50
const FINGERPRINT = expect.stringMatching(/^[0-9a-f]{64}$/)

let fleet: Fleet
let receiver: Receiver
let pool: pg.Pool
let user: { readonly client: Client; readonly id: string; readonly key: string }
const name = `test_crm_${randomBytes(6).toString('hex')}`

beforeAll(async () => {
  receiver = await startReceiver()
  const server = inject('benchServer')
  await administer(server, [`create database ${name}`])
  pool = new pg.Pool({ connectionString: databaseUrl(server, name), max: 1 })
  fleet = await startCompiledFleet({
    databaseUrl: databaseUrl(server, name),
    names: ['crm-a'],
    overrides: {
      ingest: { url: receiver.url, token: TOKEN, intervalMs: INTERVAL_MS },
      attestationToken: ATTESTATION_TOKEN,
    },
  })
  user = await signedIn('owner@example.com', '198.19.7.1')
}, 60_000)

afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  await pool?.end()
  await receiver?.[Symbol.asyncDispose]()
  await administer(inject('benchServer'), [`drop database if exists ${name} with (force)`])
})

const at = (route: string) => fleet.server('crm-a').url + route

async function signedIn(email: string, address: string): Promise<typeof user> {
  const client = createClient({ origin: 'https://app.crm.example.com', address })
  const json = { email, password: 'correct horse battery', name: 'Ada' }
  await client.call(at('/api/auth/sign-up/email'), { json })
  const answer = await client.call(at('/api/auth/sign-in/email'), { json })
  const made = await client.call(at('/api/auth/api-key/create'), { json: { name: 'key' } })
  const { user: signedInUser } = answer.body as { user: { id: string } }
  const { key } = made.body as { key: string }
  return { client, id: signedInUser.id, key }
}

interface TokenChange {
  readonly secret?: string
  readonly expiresAt?: number
  readonly audience?: string
  readonly claims?: Readonly<Record<string, unknown>>
}

async function token({
  secret,
  expiresAt,
  audience = 'extension',
  claims = {},
}: TokenChange = {}): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('select id from organization limit 1')
  const all = {
    orgId: rows[0]?.id,
    userId: user.id,
    extension_id: 'extension',
    scopes: ['records:read'],
    ...claims,
  }
  return new SignJWT(all)
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(audience)
    .setExpirationTime(expiresAt ?? Math.floor(Date.now() / 1_000) + 600)
    .sign(new TextEncoder().encode(secret ?? fleet.secrets.extensionToken))
}

/** What arrived because of this. A batch follows the last one that says something, so it is waited for two of them. */
async function countedBy(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  await sleep(4 * INTERVAL_MS)
  const before = receiver.totals()
  await work()
  const changed = () => {
    const entries = Object.entries(receiver.totals()).map(
      ([name, value]) => [name, value - (before[name] ?? 0)] as const,
    )
    return Object.fromEntries(entries.filter(([, value]) => value !== 0))
  }
  await expect.poll(() => Object.keys(changed()).length, { timeout: 5_000 }).toBeGreaterThan(0)
  await sleep(4 * INTERVAL_MS)
  return changed()
}

const stranger = () => createClient({ origin: 'https://app.crm.example.com', address: '198.19.7.2' })

async function withToken(change: TokenChange, route = '/api/records') {
  const authorization = `Bearer ${await token(change)}`
  return stranger().call(at(route), { headers: { authorization } })
}

async function whileRow(change: string, back: string, work: () => Promise<unknown>): Promise<void> {
  await pool.query(change)
  await work().finally(() => pool.query(back))
}

interface Failure {
  readonly act: () => Promise<unknown>
  /** What better-auth itself was asked meanwhile, and answered well. */
  readonly beside?: string
}

const failures: Readonly<Record<keyof typeof applicationFailures, Failure>> = {
  missing_reference: {
    beside: 'verify_api_key success ok',
    act: () =>
      whileRow(
        `alter table api_key alter reference_id drop not null; update api_key set reference_id = null`,
        `update api_key set reference_id = '${user.id}'`,
        () => stranger().call(at('/api/me'), { headers: { 'x-api-key': user.key } }),
      ),
  },
  key_disabled: {
    beside: 'verify_api_key success ok',
    act: () =>
      whileRow('update api_key set revoked = true', 'update api_key set revoked = false', () =>
        stranger().call(at('/api/me'), { headers: { 'x-api-key': user.key } }),
      ),
  },
  no_session: { beside: 'get_session success anonymous', act: () => stranger().call(at('/api/me')) },
  no_organization: {
    beside: 'verify_api_key success ok',
    act: () =>
      whileRow(
        'create table away as table member; delete from member',
        'insert into member table away; drop table away',
        () => stranger().call(at('/api/me'), { headers: { 'x-api-key': user.key } }),
      ),
  },
  not_a_member: {
    beside: 'get_session success ok',
    act: () => user.client.call(at('/api/me'), { headers: { 'x-tenant-id': 'of-others' } }),
  },
  token_signature: { act: () => withToken({ secret: 'another secret, which is as long' }) },
  token_expired: { act: () => withToken({ expiresAt: 1_000_000_000 }) },
  token_audience: { act: () => withToken({ audience: 'another-extension' }) },
  token_scope: { act: () => withToken({ claims: { scopes: ['records:write'] } }) },
  token_malformed: { act: () => withToken({ claims: { orgId: '' } }) },
}

test('an application that is well counts what better-auth does, and nothing of its own', async () => {
  expect(await countedBy(() => user.client.call(at('/api/me')))).toEqual({ 'get_session success ok': 1 })
  const sent = countedBy(() =>
    withToken({}).then(() => stranger().call(at('/api/me'), { headers: { 'x-api-key': user.key } })),
  )
  expect(await sent).toEqual({ 'verify_api_key success ok': 1 })
})

test('every failure that an application can record is among these', () => {
  expect(Object.keys(failures)).toEqual(Object.keys(applicationFailures))
})

test.each(Object.entries(failures))(
  '%s is counted once, and no other failure',
  async (reason, { act, beside }) => {
    const operation = applicationFailures[reason as keyof typeof applicationFailures]
    expect(await countedBy(act)).toEqual({
      [`${operation} rejected ${reason}`]: 1,
      ...(beside && { [beside]: 1 }),
    })
  },
)

test('the server attests its secrets and settings to who has the token', async () => {
  const url = at('/authwatch/attestation')
  const json = { challenge: randomBytes(32).toString('base64') }
  expect((await stranger().call(url, { json })).status).toBe(401)
  const headers = { authorization: `Bearer ${ATTESTATION_TOKEN}` }
  const answer = await stranger().call(url, { json, headers })
  expect(answer).toMatchObject({
    status: 200,
    body: {
      fingerprints: { auth: FINGERPRINT, extension_token: FINGERPRINT },
      settings: { nodeEnv: 'production', baseURL: 'https://api.crm.example.com', cookie: { secure: true } },
    },
  })
})

test('what was counted last is delivered when the server is stopped', async () => {
  const before = receiver.totals()['get_session success anonymous'] ?? 0
  await fleet.restart('crm-a', { ingest: { url: receiver.url, token: TOKEN, intervalMs: 60_000 } })
  for (let each = 0; each < 5; each += 1) await stranger().call(at('/debug/session'))
  await fleet.stop('crm-a')
  expect(receiver.totals()['get_session success anonymous']).toBe(before + 5)
})
