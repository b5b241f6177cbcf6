import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ExtensionClaims, mintExtensionToken } from '../../src/demo/extension-token.ts'
import { runTraffic } from '../../src/demo/traffic.ts'
import { type DemoCrm, startDemoCrm, visitor } from './demo-crm.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let crm: DemoCrm

beforeAll(async () => {
  crm = await startDemoCrm()
}, 60_000)

afterAll(() => crm?.[Symbol.asyncDispose]())

test('the seed fills the CRM through its API', async () => {
  expect(
    await crm.sql(`select (select count(*)::int from "user") as users, (select count(*)::int from organization) as orgs,
      (select count(*)::int from session) as sessions, (select count(*)::int from api_key) as keys,
      (select count(*)::int from member where role = 'owner') as owners,
      (select count(*)::int from invitation where status = 'pending') as invitations`),
  ).toEqual([{ users: 40, orgs: 6, sessions: 18, keys: 18, owners: 6, invitations: 1 }])
})

test('a session made on one server is accepted on the other, with the cookie of the whole domain', async () => {
  const client = visitor(1)
  const json = { email: crm.seeded.users[0]!.email, password: crm.seeded.password }
  const signIn = await client.call(crm.a('/api/auth/sign-in/email'), { json })
  expect(signIn.status).toBe(200)
  expect(signIn.headers.getSetCookie()[0]).toMatch(
    /^__Secure-better-auth-session=.*; Max-Age=604800; Domain=\.crm\.example\.com; Path=\/; HttpOnly; Secure; SameSite=None$/,
  )
  const session = await client.call(crm.b('/api/auth/get-session?disableCookieCache=true'))
  expect(session.body).toMatchObject({ user: { id: crm.seeded.users[0]!.id } })
  const me = await client.call(crm.b('/api/me'))
  expect(me).toMatchObject({ status: 200, body: { organization: { slug: 'acme' } } })
})

test('an organization is closed to those who are no members of it', async () => {
  const { client } = crm.seeded.signedIn[1]!
  const headersFor = (slug: string) => ({ headers: { 'x-tenant-id': slug } })
  expect((await client.call(crm.a('/api/records'), headersFor('borealis'))).status).toBe(200)
  expect(await client.call(crm.a('/api/records'), headersFor('acme'))).toMatchObject({
    status: 401,
    body: { error: 'Unauthorized', message: 'User does not have access to organization' },
  })
  expect((await visitor(2).call(crm.a('/api/me'))).status).toBe(401)
})

test('an API key opens its owner’s organization, until the CRM revokes it', async () => {
  const { apiKey, user } = crm.seeded.signedIn[2]!
  const withKey = (slug: string) => ({ headers: { 'x-api-key': apiKey.key, 'x-tenant-id': slug } })
  const records = await visitor(3).call(crm.b('/api/records'), withKey(user.organization))
  expect(records).toMatchObject({ status: 200, body: { organization: user.organization } })
  expect(await visitor(3).call(crm.b('/api/records'), withKey('acme'))).toMatchObject({
    status: 401,
    body: { message: 'User does not have access to organization' },
  })
  await crm.sql('update api_key set revoked = true where id = $1', [apiKey.id])
  expect(await visitor(3).call(crm.b('/api/records'), withKey(user.organization))).toMatchObject({
    status: 401,
    body: { message: 'Invalid API key' },
  })
  await crm.sql('update api_key set revoked = false where id = $1', [apiKey.id])
})

test('an extension token works on every server, and a bad one on none that checks', async () => {
  const json = { extensionId: 'reports', scopes: ['actions:invoke'] }
  const minted = await crm.seeded.signedIn[0]!.client.call(crm.a('/api/extension-tokens'), { json })
  expect(minted).toMatchObject({ status: 200, body: { token: expect.any(String), expiresIn: 3600 } })
  const wildcard = { json: { ...json, scopes: ['*'] } }
  expect((await crm.seeded.signedIn[0]!.client.call(crm.a('/api/extension-tokens'), wildcard)).status).toBe(
    403,
  )

  const good: ExtensionClaims = {
    orgId: crm.seeded.organizations[0]!.id,
    userId: crm.seeded.users[0]!.id,
    extension_id: 'reports',
    scopes: ['actions:invoke'],
  }
  const { settings } = crm.fleet.server('crm-a')
  const invoke = async (settingsOfMint: typeof settings, claims: ExtensionClaims) => {
    const token = await mintExtensionToken(settingsOfMint, claims)
    const headers = { authorization: `Bearer ${token}` }
    const { status, body } = await visitor(4).call(crm.b('/api/actions/refresh'), { json: {}, headers })
    return { status, body }
  }
  expect(await invoke(settings, good)).toEqual({
    status: 200,
    body: { action: 'refresh', organization: 'acme' },
  })
  const expired = { ...settings, extensionTokenLifetime: -1 }
  expect(await invoke(expired, good)).toMatchObject({
    status: 401,
    body: { message: 'Extension token expired' },
  })
  const otherSecret = { ...settings, extensionTokenSecret: 'x'.repeat(32) }
  expect(await invoke(otherSecret, good)).toMatchObject({ status: 401 })
  expect(await invoke(settings, { ...good, scopes: ['read'] })).toMatchObject({ status: 403 })
  expect(await invoke({ ...settings, allowWildcardScope: true }, { ...good, scopes: ['*'] })).toMatchObject({
    status: 401,
  })

  const { orgId, userId, extension_id, scopes } = good
  const forAnother = await new SignJWT({ orgId, userId, extension_id, scopes })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience('another-extension')
    .setExpirationTime('5 minutes')
    .sign(new TextEncoder().encode(crm.fleet.secrets.extensionToken))
  const withAudienceOfAnother = async () => {
    const headers = { authorization: `Bearer ${forAnother}` }
    return (await visitor(4).call(crm.b('/api/actions/refresh'), { json: {}, headers })).status
  }
  expect(await withAudienceOfAnother()).toBe(401)

  const lax = {
    checkTokenExpiry: false,
    checkTokenScopes: false,
    checkTokenAudience: false,
    allowWildcardScope: true,
  }
  await crm.whilePatched([
    lax,
    async () => {
      expect(await invoke(expired, good)).toMatchObject({ status: 200 })
      expect(await invoke(settings, { ...good, scopes: ['read'] })).toMatchObject({ status: 200 })
      expect(await invoke({ ...settings, ...lax }, { ...good, scopes: ['*'] })).toMatchObject({ status: 200 })
      expect(await withAudienceOfAnother()).toBe(200)
      expect(await invoke(otherSecret, good)).toMatchObject({ status: 401 })
    },
  ])
})

test('traffic mostly succeeds on a healthy fleet, with a few failures of every day, and ends at the signal', async () => {
  const stop = new AbortController()
  const seen: string[] = []
  await runTraffic({
    fleet: crm.fleet,
    seeded: crm.seeded,
    signal: stop.signal,
    actionsPerSecond: 50,
    onAction: ({ name, status }) => {
      seen.push(`${name} ${status}`)
      if (seen.length === 20) stop.abort()
    },
  })
  expect([...new Set(seen)].sort()).toEqual([
    'getSession 200',
    'invokeAction 200',
    'mistypePassword 401',
    'readRecords 200',
    'signIn 200',
    'signInAndOut 200',
    'useApiKey 200',
    'useUnknownKey 401',
  ])
})
