import { expect, test } from 'vitest'
import { type CookieSurroundings, judgeCookie } from '../../../src/servers/session/judge-cookie.ts'
import { cookiesSet } from '../../../src/servers/session/set-cookie.ts'

const WEEK = 604_800
const NAME = 'crm.session'

const production: CookieSurroundings = {
  policy: { name: NAME },
  publicUrl: 'https://api.crm.example.com',
  origins: ['https://app.crm.example.com'],
  paths: ['/api/auth', '/api/records'],
  lifetime: WEEK,
  receivedAt: Date.parse('2026-11-23T12:00:00Z'),
}
const GOOD = `__Secure-${NAME}=v; Max-Age=${WEEK}; Domain=.crm.example.com; Path=/; HttpOnly; Secure; SameSite=Lax`

/** The reasons for which a `Set-Cookie` line is found wrong. */
function reasons(line: string, changes: Partial<CookieSurroundings> = {}): readonly string[] {
  const [cookie] = cookiesSet({ setCookies: [line] })
  if (cookie === undefined) throw new Error('the line sets no cookie')
  return judgeCookie(cookie, { ...production, ...changes }).map(({ reason }) => reason)
}

test.each([
  ['for the parent domain', GOOD],
  ['for the host alone', GOOD.replace('Domain=.crm.example.com; ', '')],
  ['for the host by name', GOOD.replace('.crm.example.com', 'api.crm.example.com')],
  ['for the registrable domain, in capitals', GOOD.replace('.crm.example.com', 'Example.COM')],
  ['with an empty Domain, which browsers ignore', GOOD.replace('.crm.example.com', '')],
  ['with the stricter SameSite', GOOD.replace('Lax', 'Strict')],
  ['with the laxer SameSite', GOOD.replace('Lax', 'None')],
  ['without SameSite, where browsers take Lax', GOOD.replace('; SameSite=Lax', '')],
  [
    'with the prefix that allows no Domain',
    GOOD.replace('__Secure', '__Host').replace('Domain=.crm.example.com; ', ''),
  ],
  ['a little shorter than the session', GOOD.replace(String(WEEK), String(WEEK - 60))],
  ['with a date instead of an age', GOOD.replace(`Max-Age=${WEEK}`, 'Expires=Mon, 30 Nov 2026 12:00:30 GMT')],
])('a good cookie %s has no fault', (_, line) => {
  expect(reasons(line)).toEqual([])
})

test.each([
  ['without its prefix', GOOD.replace('__Secure-', ''), 'cookie_prefix'],
  ['for another domain', GOOD.replace('.crm.example.com', '.other.example.com'), 'cookie_domain'],
  [
    'for a domain below the host',
    GOOD.replace('.crm.example.com', 'eu.api.crm.example.com'),
    'cookie_domain',
  ],
  [
    'for a domain that the host merely ends like',
    GOOD.replace('.crm.example.com', 'i.crm.example.com'),
    'cookie_domain',
  ],
  ['with a Domain that its prefix forbids', GOOD.replace('__Secure', '__Host'), 'cookie_domain'],
  ['for a whole public suffix', GOOD.replace('.crm.example.com', '.com'), 'cookie_public_suffix'],
  ['for a path beside the application', GOOD.replace('Path=/', 'Path=/api/auth'), 'cookie_path'],
  ['for a path that merely begins alike', GOOD.replace('Path=/', 'Path=/ap'), 'cookie_path'],
  ['for the path it was set on', GOOD.replace('Path=/; ', ''), 'cookie_path'],
  ['that is not Secure', GOOD.replace('; Secure', ''), 'cookie_not_secure'],
  ['that scripts can read', GOOD.replace('; HttpOnly', ''), 'cookie_not_http_only'],
  ['that is gone after an hour', GOOD.replace(String(WEEK), '3600'), 'cookie_max_age'],
  ['that outlives its session', GOOD.replace(String(WEEK), String(WEEK + 61)), 'cookie_max_age'],
  ['that ends with the browser', GOOD.replace(`Max-Age=${WEEK}; `, ''), 'cookie_max_age'],
])('a cookie %s is found wrong for that alone', (_, line, reason) => {
  expect(reasons(line)).toEqual([reason])
})

test('every fault of a cookie is told, with what was expected', () => {
  const [cookie] = cookiesSet({ setCookies: [`${NAME}=v; Max-Age=3600; Domain=.co.uk; SameSite=None`] })
  expect(judgeCookie(cookie!, production)).toEqual([
    { reason: 'cookie_prefix', detail: { expected: '__Secure-', received: 'none' } },
    { reason: 'cookie_domain', detail: { host: 'api.crm.example.com', received: 'co.uk' } },
    { reason: 'cookie_public_suffix', detail: { received: 'co.uk' } },
    { reason: 'cookie_path', detail: { path: '/api/auth', received: 'none' } },
    { reason: 'cookie_not_secure', detail: { public_url: 'https://api.crm.example.com' } },
    { reason: 'cookie_not_http_only', detail: {} },
    { reason: 'cookie_same_site', detail: { received: 'none', dropped_because: 'none without Secure' } },
    { reason: 'cookie_max_age', detail: { expected: '604800 s', received: '3600 s', is: 'shorter' } },
  ])
})

test('a browser on another site needs SameSite=None', () => {
  const elsewhere = { origins: ['https://app.crm.example.com', 'https://crm.example.net'] }
  expect(reasons(GOOD.replace('Lax', 'None'), elsewhere)).toEqual([])
  expect(reasons(GOOD, elsewhere)).toEqual(['cookie_same_site'])
  expect(reasons(GOOD.replace('Lax', 'Strict'), elsewhere)).toEqual(['cookie_same_site'])
  expect(reasons(GOOD.replace('; SameSite=Lax', ''), elsewhere)).toEqual(['cookie_same_site'])
})

test('what the policy asks for is asked for, and no more is derived', () => {
  const policy = { name: NAME, domain: 'crm.example.com', sameSite: 'none' } as const
  const cookie = GOOD.replace('Lax', 'None')
  expect(reasons(cookie, { policy })).toEqual([])
  expect(reasons(cookie, { policy: { ...policy, domain: 'example.com' } })).toEqual(['cookie_domain'])
  expect(reasons(cookie.replace('Domain=.crm.example.com; ', ''), { policy })).toEqual(['cookie_domain'])
  expect(reasons(cookie, { policy: { ...policy, sameSite: 'strict' } })).toEqual(['cookie_same_site'])
})

test('over plain HTTP a Secure cookie is dropped, except on the machine itself', () => {
  const plain = `${NAME}=v; Max-Age=${WEEK}; Path=/; HttpOnly; SameSite=Lax`
  const secure = `__Secure-${plain}; Secure`
  const inside = { publicUrl: 'http://crm.internal', origins: ['http://app.crm.internal'] }
  expect(reasons(plain, inside)).toEqual([])
  expect(reasons(secure, inside)).toEqual(['cookie_prefix', 'cookie_secure_over_http'])
  expect(reasons(secure, { ...inside, policy: { name: NAME, secure: true } })).toEqual([])
  for (const publicUrl of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000']) {
    expect(reasons(plain, { publicUrl, origins: [publicUrl] })).toEqual([])
    expect(reasons(secure, { publicUrl, origins: [publicUrl] })).toEqual([])
  }
})

test('a host without a registrable domain has itself only', () => {
  const at = (publicUrl: string, domain: string) =>
    reasons(GOOD.replace('.crm.example.com', domain), { publicUrl, origins: [publicUrl] })
  expect(at('https://192.0.2.7', '192.0.2.7')).toEqual([])
  expect(at('https://192.0.2.7', '2.7')).toContain('cookie_domain')
  expect(at('https://crm', 'crm')).toEqual([])
  expect(at('https://tenant.github.io', 'github.io')).toEqual(['cookie_public_suffix'])
  expect(at('https://github.io', 'github.io')).toEqual([])
})

test('Domain is right exactly for the host and the names above it, down to the registrable one', () => {
  const labels = ['a', 'b', 'c', 'example', 'com']
  const names = labels.map((_, i) => labels.slice(i).join('.'))
  for (const host of names.slice(0, -1)) {
    for (const domain of names) {
      const covered = host === domain || host.endsWith(`.${domain}`)
      const expected = [
        ...(covered ? [] : ['cookie_domain']),
        ...(domain === 'com' ? ['cookie_public_suffix'] : []),
      ]
      const around = { publicUrl: `https://${host}`, origins: [`https://${host}`] }
      for (const written of [domain, `.${domain}`, domain.toUpperCase()]) {
        expect(reasons(GOOD.replace('.crm.example.com', written), around), `${written} for ${host}`).toEqual(
          expected,
        )
      }
    }
  }
})
