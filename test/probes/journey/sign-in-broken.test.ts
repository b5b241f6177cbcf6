import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { journeySignInBroken } from '../../../src/probes/journey/sign-in-broken.ts'
import { always, passingTo, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'
import { whileChanged } from '../../support/while-changed.ts'

// Each restart of a server takes a second of a core.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet
let sessions: number

beforeAll(async () => {
  probes = await startProbeFleet({ overrides: { rateLimit: false } })
  sessions = await probes.sessions()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

afterEach(async () => {
  expect(await probes.sessions(), 'the probe left sessions behind').toBe(sessions)
})

const on = async (server: string, changes = {}) =>
  outcome(await probes.run(journeySignInBroken, server, changes))
const all = (changes = {}) => outcomes(probes, journeySignInBroken, changes)

test('on a healthy fleet every step goes well, and the cookie cache is the lag of a revocation', async () => {
  expect(await all()).toEqual(HEALTHY)
  // The demo's `cookieCache.maxAge`.
  expect(await probes.run(journeySignInBroken, 'crm-a')).toEqual({
    state: 'pass',
    values: { offenders: 0, revocationLag: 300 },
  })
})

test('a shorter session, a Domain for elsewhere and the wrong NODE_ENV are told from their cookies', async () => {
  const changes = {
    'crm-a': { sessionExpiresIn: 3_600 },
    'crm-b': { baseURL: 'https://api.other.example.com' },
    'crm-c': { nodeEnv: 'development' },
  } as const
  await whileChanged(probes, changes, async () => {
    expect(await all()).toEqual({
      'crm-a': ['cookie/max_age: cookie_max_age', 'session/lifetime: lifetime_shorter'],
      'crm-b': ['cookie/domain: cookie_domain'],
      'crm-c': ['cookie/not_secure: cookie_not_secure', 'cookie/prefix: cookie_prefix'],
    })
    const { policy } = probes.watched
    const strict = { policy: { ...policy, cookie: { ...policy.cookie, sameSite: 'none' } } }
    expect(await on('crm-c', strict)).toContain('cookie/same_site: cookie_same_site')
    expect(await on('crm-a', strict)).not.toContain('cookie/same_site: cookie_same_site')
    expect(await probes.run(journeySignInBroken, 'crm-a')).toMatchObject({
      severity: 'critical',
      findings: [
        { key: 'cookie/max_age', detail: { expected: '604800 s', received: '3600 s', is: 'shorter' } },
        { key: 'session/lifetime', detail: { expected: '604800 s', received: '3600 s' } },
      ],
    })
  })
  expect(await all()).toEqual(HEALTHY)
})

test('a stripped cookie, a failing sign-in and another secret are told apart', async () => {
  const changes = {
    'crm-a': { stripSetCookie: true },
    'crm-b': { failSignIn: true },
    'crm-c': { secret: 'another-secret-another-secret-another' },
  }
  await whileChanged(probes, changes, async () => {
    expect(await all()).toEqual({
      'crm-a': ['cookie: no_cookie'],
      'crm-b': ['sign_in: server_error'],
      // It cannot decrypt the stored key, with which the session it knows is signed.
      'crm-c': ['session: signing_key'],
    })
    expect(await probes.sessions()).toBe(sessions)
    const secrets = { extensionToken: probes.fleet.secrets.extensionToken }
    expect(await on('crm-a', { secrets })).toEqual(['cookie: no_cookie', 'sign_out: not_ended'])
    expect(await probes.sessions()).toBe(sessions + 1)
    await probes.sql('delete from session where id <> $1 and user_id = $2', [
      probes.canary.sessionId,
      probes.canary.userId,
    ])
  })
})

test('a proxy that rewrites the cookie is told by each fault it makes', async () => {
  const url = probes.fleet.server('crm-b').url
  const rewrite = ([name, value]: readonly [string, string]) => {
    if (name.toLowerCase() !== 'set-cookie') return [name, value] as const
    return [name, value.replace('Domain=.crm.example.com', 'Domain=.com').replace('; HttpOnly', '')] as const
  }
  await using front = await startFront(passingTo(url, (lines) => lines.map(rewrite)))
  expect(await on('crm-b', probes.behind('crm-b', front.url))).toEqual([
    'cookie/not_http_only: cookie_not_http_only',
    'cookie/public_suffix: cookie_public_suffix',
  ])
  const { policy } = probes.watched
  const renamed = { policy: { ...policy, cookie: { name: 'crm-session' } } }
  expect(await on('crm-b', renamed)).toEqual(['cookie: cookie_name'])
})

test('what is wrong with the sign-in is told by its answer', async () => {
  const account = { email: probes.canary.email, password: 'mistyped' }
  const { canaries, routes } = probes.watched
  expect(await on('crm-a', { canaries: { ...canaries, account } })).toEqual(['sign_in: wrong_password'])
  expect(await on('crm-a', { origins: ['https://elsewhere.example.net'] })).toEqual([
    'sign_in: origin_refused',
  ])
  expect(await on('crm-a', { routes: { ...routes, auth: '/auth' } })).toEqual(['sign_in: not_found'])
  const body = JSON.stringify({ twoFactorRedirect: true })
  await using second = await startFront(always({ status: 200, type: 'application/json', body }))
  expect(await on('crm-a', probes.behind('crm-a', second.url))).toEqual(['sign_in: second_factor'])
  await using page = await startFront(always({ status: 200, type: 'text/html', body: '<p>Hello</p>' }))
  expect(await on('crm-a', probes.behind('crm-a', page.url))).toEqual(['sign_in: unexpected_answer'])
  expect(await on('crm-a', { canaries: { ...canaries, account: undefined } })).toBe('skipped')
})

test('the canary must reach its own organization and no other', async () => {
  const { canary } = probes
  const move = 'update member set organization_id = $1 where user_id = $2'
  await probes.sql(
    `insert into organization (id, name, slug, created_at) values ('third', 'third', 'third', now())`,
  )
  await probes.sql(move, ['third', canary.userId])
  expect(await on('crm-a')).toEqual(['tenant: tenant_refused'])
  await probes.sql(move, [canary.foreignTenantId, canary.userId])
  expect(await on('crm-a')).toEqual(['foreign_tenant: foreign_tenant_accepted', 'tenant: tenant_refused'])
  const { tenant, foreignTenant, ...canaries } = probes.watched.canaries
  expect(await on('crm-a', { canaries })).toBe('pass')
  await probes.sql(move, [canary.tenantId, canary.userId])
  expect(await on('crm-a')).toBe('pass')
})

test('a user without any membership cannot sign in', async () => {
  const [member] = await probes.sql('delete from member where user_id = $1 returning *', [
    probes.canary.userId,
  ])
  expect(await all()).toEqual({
    'crm-a': ['sign_in: server_error'],
    'crm-b': ['sign_in: server_error'],
    'crm-c': ['sign_in: server_error'],
  })
  await probes.sql('insert into member select * from jsonb_populate_record(null::member, $1)', [
    JSON.stringify(member),
  ])
  expect(await on('crm-a')).toBe('pass')
})
