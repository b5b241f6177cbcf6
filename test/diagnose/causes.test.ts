import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createClient } from '../../src/demo/client.ts'
import { runDiagnosis } from '../../src/diagnose/run-diagnosis.ts'
import { sessionDiagnosis } from '../../src/diagnose/session.ts'
import { readShownSession } from '../../src/diagnose/shown-session.ts'
import { watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'
import { type Diagnosed, type DiagnosedCrm, startDiagnosedCrm, tokenOf } from './diagnosed-crm.ts'

vi.setConfig({ testTimeout: 60_000 })

const APP = 'https://app.crm.example.com'
const ADMIN = 'https://admin.crm.example.com'

let crm: DiagnosedCrm

beforeAll(async () => {
  crm = await startDiagnosedCrm()
}, 90_000)
afterAll(async () => crm?.[Symbol.asyncDispose](), 30_000)

const session = (input?: string) =>
  crm.diagnose({ about: 'session', given: undefined }, input ?? crm.probes.canary.session)
const user = (org?: string) => crm.diagnose({ about: 'user', who: crm.probes.canary.email, org })
const apiKey = (tenant?: string) => crm.diagnose({ about: 'api-key', tenant }, crm.probes.canary.apiKey)
const login = (server: string, origin = APP) =>
  crm.diagnose({ about: 'login', server, origin, signsIn: false })
const token = (input: string, scopes?: readonly string[], audience?: string) =>
  crm.diagnose({ about: 'extension-token', scopes, audience }, input)
const alert = (name: string, labels: readonly string[] = []) => crm.diagnose({ about: 'alert', name, labels })

/** Healthy: no cause, and everything was looked at. */
function expectHealthy({ cause, code, steps }: Diagnosed): void {
  expect({ cause, code, unseen: steps.filter(({ sign }) => sign === 'unknown') }).toEqual({
    cause: null,
    code: 0,
    unseen: [],
  })
}

/** The first cause, its fix with the values in it, and the section of the runbook. */
function expectCause(
  { cause }: Diagnosed,
  wanted: { cause: RegExp; fix: RegExp; link: string; severity?: string },
): void {
  expect(cause?.cause).toMatch(wanted.cause)
  expect([cause?.fix.say, ...(cause?.fix.run ?? [])].join('\n')).toMatch(wanted.fix)
  expect(cause?.link).toBe(`alerts/README.md#${wanted.link}`)
  if (wanted.severity !== undefined) expect(cause?.severity).toBe(wanted.severity)
}

async function asBrowser(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const client = createClient({ origin: APP, address: '198.18.2.1' })
  return (await client.call(`${crm.probes.fleet.server('crm-a').url}${path}`, { headers })).status
}

async function mint(changes: {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly secret?: string
  readonly audience?: string
  readonly endsIn?: number
}): Promise<string> {
  const { canary, fleet } = crm.probes
  const end = Math.floor(Date.now() / 1_000) + (changes.endsIn ?? 600)
  const claims = {
    orgId: canary.tenantId,
    userId: canary.userId,
    extension_id: 'reports',
    scopes: ['actions:invoke'],
  }
  const secret = changes.secret ?? fleet.secrets.extensionToken
  return new SignJWT({ ...claims, ...changes.claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(changes.audience ?? 'reports')
    .setIssuedAt(end - 1_200)
    .setExpirationTime(end)
    .sign(new TextEncoder().encode(secret))
}

test('nothing is wrong with a healthy user, session, key, token and way in', async () => {
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

test('signed out: the session has expired in the database', async () => {
  const row = { table: 'session', id: crm.probes.canary.sessionId }
  await crm.whileRow(
    { ...row, sql: `update session set expires_at = now() - interval '3 hours' where id = $1` },
    async () => {
      const seen = await session()
      expectCause(seen, {
        cause: /expired in the database 3 h ago/,
        fix: /sign in again/,
        link: 'a-user-was-signed-out',
      })
      expect(seen.code).toBe(1)
      expect(seen.steps.at(-1)?.evidence).toMatch(/not asked/)
      expect((await user()).cause?.cause).toMatch(/The last session of .* expired 3 h ago/)
    },
  )
  await crm.whileRow({ ...row, sql: 'delete from session where id = $1' }, async () => {
    expectCause(await session(), {
      cause: /There is no such session/,
      fix: /sign in again/,
      link: 'a-user-was-signed-out',
    })
  })
})

test('signed out: the session is gone, and its cookie cache is believed for some minutes more', async () => {
  const { canary, fleet } = crm.probes
  const client = createClient({ origin: APP, address: '198.18.2.2' })
  const { url } = fleet.server('crm-a')
  await client.call(`${url}/api/auth/sign-in/email`, {
    json: { email: canary.email, password: canary.password },
  })
  const header = `Cookie: ${client.cookieHeader()}`
  expectHealthy(await session(header))
  const value = /better-auth-session=([^;]+)/.exec(header)?.[1] ?? ''
  await crm.probes.sql('delete from session where token = $1', [tokenOf(value)])
  const seen = await session(header)
  expect(seen.cause?.cause).toMatch(/There is no such session/)
  const cache = seen.steps.find(({ question }) => /cookie cache/.test(question))
  expect(cache).toMatchObject({ sign: 'bad', severity: 'info' })
  expect(cache?.evidence).toMatch(/^its cache is believed until \d{4}-/)
  expect(JSON.stringify(seen)).not.toContain(tokenOf(value))
})

test('a session that the servers know and the database does not is of another database', async () => {
  await using empty = await testDatabase()
  await using watched = watch(empty.url)
  const { canary, watched: fleet } = crm.probes
  const shown = readShownSession(canary.session, fleet.policy.cookie)
  const report = await runDiagnosis(await sessionDiagnosis({ target: watched.target, fleet, shown }))
  expect(report.cause?.cause).toMatch(/The servers know the session, and this database does not/)
  expect(report.cause?.fix.say).toMatch(/DATABASE_URL/)
})

test('signed out: BETTER_AUTH_URL is wrong on one server, NODE_ENV on the other', async () => {
  const { fleet } = crm.probes
  const before = ['crm-a', 'crm-b'].map((name) => [name, fleet.server(name).settings] as const)
  try {
    await Promise.all([
      fleet.restart('crm-a', { baseURL: 'https://api.elsewhere.example.net' }),
      fleet.restart('crm-b', { nodeEnv: 'development' }),
    ])
    const journey = 'authwatchjourneysigninbroken'
    expectCause(await login('crm-a'), {
      cause: /Domain of the session cookie does not fit on crm-a .*BETTER_AUTH_URL/,
      fix: /Give crm-a the BETTER_AUTH_URL/,
      link: journey,
    })
    expectCause(await login('crm-b'), {
      cause: /NODE_ENV.* differs on crm-b/,
      fix: /Give crm-b the NODE_ENV/,
      link: journey,
    })
    expectCause(await session(), {
      cause: /crm-b looks for the cookie under another name.*NODE_ENV/,
      fix: /Give crm-b the NODE_ENV/,
      link: journey,
      severity: 'critical',
    })
    expectCause(await session(`better-auth-session=${crm.probes.canary.session}`), {
      cause: /made by a server with another NODE_ENV/,
      fix: /environment of the others/,
      link: journey,
    })
  } finally {
    await Promise.all(before.map(([name, settings]) => fleet.restart(name, settings)))
  }
})

test('signed out or without a cookie: another secret on one server, a proxy that strips on the other', async () => {
  const { fleet } = crm.probes
  const before = ['crm-a', 'crm-b'].map((name) => [name, fleet.server(name).settings] as const)
  try {
    await Promise.all([
      fleet.restart('crm-a', { secret: 'another-secret-another-secret-another' }),
      fleet.restart('crm-b', { stripSetCookie: true }),
    ])
    const differs = { fix: /sha256sum/, link: 'authwatchsecretauthdiffers', severity: 'critical' }
    expectCause(await login('crm-a'), { cause: /crm-a holds another BETTER_AUTH_SECRET/, ...differs })
    expectCause(await session(), { cause: /crm-a does not take the cookie's signature/, ...differs })
    expectCause(await alert('AuthwatchJourneySignInBroken', ['server=crm-a']), {
      cause: /crm-a holds another BETTER_AUTH_SECRET/,
      ...differs,
    })
    expectCause(await login('crm-b'), {
      cause: /crm-b answers without Set-Cookie/,
      fix: /proxy pass Set-Cookie/,
      link: 'authwatchjourneysigninbroken',
    })
  } finally {
    await Promise.all(before.map(([name, settings]) => fleet.restart(name, settings)))
  }
})

test('no cookie: CORS_ORIGIN or trustedOrigins lacks the origin; extensions: another secret', async () => {
  const { fleet } = crm.probes
  const patch = { corsOrigins: [APP], trustedOrigins: [ADMIN], extensionTokenSecret: 'other-'.repeat(6) }
  await crm.probes.whilePatched('crm-b', patch, async () => {
    expectCause(await login('crm-b', ADMIN), {
      cause: /CORS_ORIGIN on crm-b lacks https:\/\/admin/,
      fix: /Add https:\/\/admin\.crm\.example\.com to CORS_ORIGIN on crm-b/,
      link: 'authwatchorigincorsmismatch',
    })
    expectCause(await login('crm-b', APP), {
      cause: /better-auth on crm-b does not trust https:\/\/app/,
      fix: /Add https:\/\/app\.crm\.example\.com to trustedOrigins on crm-b/,
      link: 'authwatchorigintrustmismatch',
    })
    const differs = { fix: /secret of the others|one secret/, link: 'authwatchsecretextensiondiffers' }
    expectCause(await token(await mint({})), {
      cause: /crm-b holds another EXTENSION_TOKEN_SECRET/,
      ...differs,
    })
    const minted = await mint({ secret: fleet.server('crm-b').settings.extensionTokenSecret })
    expectCause(await token(minted), { cause: /signed with another EXTENSION_TOKEN_SECRET/, ...differs })
  })
})

test.each([
  ['enabled = false', /is disabled/, /set enabled = true/, 'an-api-key-gets-401'],
  ['revoked = true', /is revoked in the application's own column/, /new key/, 'authwatchapikeyrevokedinuse'],
  [
    `expires_at = now() - interval '2 days'`,
    /expired 48 h ago|expired 2 d ago/,
    /new key/,
    'authwatchapikeyexpiringsoon',
  ],
  ['remaining = 0', /has used up its requests/, /set remaining = 1000/, 'authwatchapikeynearexhaustion'],
  [
    `rate_limit_max = 10, rate_limit_time_window = 86400000, request_count = 10, last_request = now()`,
    /at its rate limit \(10 of 10 in 24 h\).*the default of the plugin/,
    /rate_limit_max = 1000/,
    'authwatchapikeynearexhaustion',
  ],
  ["reference_id = ''", /has no reference_id/, /set reference_id = '<user/, 'authwatchapikeynoreference'],
  [
    "reference_id = 'gone'",
    /The owner gone of the key .* no longer exists/,
    /set enabled = false/,
    'authwatchapikeyownermissing',
  ],
])('an API key gets 401: %s', async (set, cause, fix, link) => {
  const { apiKeyId: id, apiKey: key } = crm.probes.canary
  expect(await asBrowser('/api/records', { 'x-api-key': key })).toBe(200)
  await crm.whileRow({ table: 'api_key', id, sql: `update api_key set ${set} where id = $1` }, async () => {
    const seen = await apiKey()
    expectCause(seen, { cause, fix, link, severity: 'critical' })
    expect({ code: seen.code, id: seen.cause?.cause.includes(id) }).toEqual({ code: 2, id: true })
    // Shown last: better-auth deletes what has expired or is used up when it is shown.
    expect(await asBrowser('/api/records', { 'x-api-key': key })).toBe(401)
  })
})

test('an API key gets 401: it is unknown, cut, or of another organization', async () => {
  const { apiKey: key, apiKeyId, foreignTenant } = crm.probes.canary
  const unknownKey = (input: string) => crm.diagnose({ about: 'api-key', tenant: undefined }, input)
  const link = 'an-api-key-gets-401'
  expectCause(await unknownKey('nonsense-nonsense-nonsense'), {
    cause: /The key is unknown/,
    fix: /new key/,
    link,
  })
  const cut = await unknownKey(key.slice(0, 40))
  expectCause(cut, {
    cause: new RegExp(`${apiKeyId} begins with the same characters`),
    fix: /Copy it anew/,
    link,
  })
  expectCause(await apiKey(foreignTenant), {
    cause: /is no member of borealis: "User does not have access to organization"/,
    fix: /insert into member \(id, user_id, organization_id, role, created_at\)/,
    link: 'a-user-cannot-reach-an-organization',
  })
})

test('a user does not have access to an organization, or has none', async () => {
  const { userId, tenant, tenantId, foreignTenant, foreignTenantId } = crm.probes.canary
  expectCause(await user(foreignTenant), {
    cause: new RegExp(`The user ${userId} is no member of borealis`),
    fix: new RegExp(`'${userId}', '${foreignTenantId}', 'member'`),
    link: 'a-user-cannot-reach-an-organization',
  })
  expectCause(await user('Acme'), {
    cause: /spelled "acme"/,
    fix: /x-tenant-id: acme/,
    link: 'authwatchorganizationslugambiguous',
  })
  expectCause(await user('nowhere'), {
    cause: /There is no organization "nowhere"/,
    fix: /renamed or deleted/,
    link: 'a-user-cannot-reach-an-organization',
  })
  const [member] = await crm.probes.sql('select id from member where user_id = $1', [userId])
  await crm.whileRow(
    { table: 'member', id: String(member?.id), sql: 'delete from member where id = $1' },
    async () => {
      const none = {
        cause: /"User has no organization"/,
        fix: /insert into member/,
        link: 'authwatchorganizationuserswithoutmembership',
      }
      expectCause(await user(), none)
      expectCause(await user(tenant), none)
      expect(tenantId).not.toBe('')
    },
  )
})

test.each([
  ['banned = true', /is banned without an end/, /set banned = false/, 'a-user-cannot-sign-in'],
  [
    `email = upper(email)`,
    /stored with capitals/,
    /set email = lower\(email\)/,
    'authwatchuserduplicateemail',
  ],
])('a user cannot sign in: %s', async (set, cause, fix, link) => {
  const { userId: id } = crm.probes.canary
  await crm.whileRow({ table: '"user"', id, sql: `update "user" set ${set} where id = $1` }, async () => {
    expectCause(await user(), { cause, fix, link, severity: 'critical' })
  })
})

test('a user cannot sign in: there is none, or no password', async () => {
  const nobody = await crm.diagnose({ about: 'user', who: 'nobody@example.com', org: undefined })
  expectCause(nobody, { cause: /There is no such user/, fix: /address/, link: 'a-user-cannot-sign-in' })
  const [account] = await crm.probes.sql('select id from account where user_id = $1', [
    crm.probes.canary.userId,
  ])
  const row = {
    table: 'account',
    id: String(account?.id),
    sql: 'update account set password = null where id = $1',
  }
  await crm.whileRow(row, async () => {
    const seen = await user()
    expectCause(seen, {
      cause: /has no password/,
      fix: /password reset/,
      link: 'authwatchusercredentialwithoutpassword',
    })
  })
})

test('an extension token is refused: expired, other audience or scope, wildcard, cut', async () => {
  const link = 'an-extension-token-is-refused'
  expectCause(await token(await mint({ endsIn: -3.5 * 3_600 })), {
    cause: /expired 3 h ago/,
    fix: /new token/,
    link,
  })
  expectCause(await token(await mint({}), ['records:write']), {
    cause: /lacks the scope records:write: 403/,
    fix: /records:write/,
    link,
  })
  expectCause(await token(await mint({}), undefined, 'mail'), {
    cause: /for the extension reports, and is used as one for mail/,
    fix: /mail/,
    link,
  })
  expectCause(await token(await mint({ claims: { scopes: ['*'] } })), {
    cause: /scope \*, which is forbidden/,
    fix: /each by its name/,
    link,
  })
  expectCause(await token(await mint({ claims: { orgId: 'gone' } })), {
    cause: /organization gone, which does not exist/,
    fix: /new token/,
    link,
  })
  const { foreignTenantId } = crm.probes.canary
  expectCause(await token(await mint({ claims: { orgId: foreignTenantId } })), {
    cause: /no member of borealis/,
    fix: /insert into member/,
    link: 'a-user-cannot-reach-an-organization',
  })
  expectCause(await token('eyJhbGciOiJIUzI1NiJ9.cut'), { cause: /no JWT/, fix: /whole token/, link })
})
