import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { expect, test } from 'vitest'
import { type Attestation, type AttestOptions, attest } from '../../../src/instrument/better-auth.ts'

const TOKEN = 'the token of the attestation'
const SECRET = 's'.repeat(16) + 'e'.repeat(16)
const SECRETS = { auth: SECRET, extension_token: 'x'.repeat(32) }

function open(options: Partial<AttestOptions> = {}, config: Parameters<typeof betterAuth>[0] = {}) {
  const auth = betterAuth({
    baseURL: 'https://api.example.com',
    secret: SECRET,
    trustedOrigins: ['https://b.example.com', 'https://a.example.com'],
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: memoryAdapter({}),
    ...config,
  })
  return attest(auth, { tokens: TOKEN, secrets: SECRETS, ...options })
}

interface Asked {
  readonly challenge?: Buffer
  readonly token?: string
  readonly body?: string
  readonly method?: string
}

function ask(
  handler: ReturnType<typeof attest>,
  { challenge = randomBytes(32), token = TOKEN, body, method = 'POST' }: Asked = {},
) {
  const content = body ?? JSON.stringify({ challenge: challenge.toString('base64') })
  return handler(
    new Request('https://api.example.com/authwatch/attestation', {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(method === 'POST' && { body: content }),
    }),
  )
}

async function attested(handler: ReturnType<typeof attest>, asked: Asked = {}): Promise<Attestation> {
  const response = await ask(handler, asked)
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.json()) as Attestation
}

test('a fingerprint is what who has the secret computes too', async () => {
  const challenge = randomBytes(32)
  const { fingerprints } = await attested(open(), { challenge })
  const key = Buffer.from(hkdfSync('sha256', SECRET, challenge, 'authwatch attestation auth', 32))
  expect(fingerprints.auth).toBe(createHmac('sha256', key).update('v1').digest('hex'))
})

test('equal secrets have equal fingerprints, others not, and none is of use for another challenge', async () => {
  const challenge = randomBytes(32)
  const here = await attested(open(), { challenge })
  const there = await attested(open({ secrets: { ...SECRETS, extension_token: 'y'.repeat(32) } }), {
    challenge,
  })
  expect(there.fingerprints.auth).toBe(here.fingerprints.auth)
  expect(there.fingerprints.extension_token).not.toBe(here.fingerprints.extension_token)
  const later = await attested(open())
  expect(Object.values(later.fingerprints)).not.toContain(here.fingerprints.auth)
  // The same value under two names does not show as the same.
  const twice = await attested(open({ secrets: { one: SECRET, two: SECRET } }), { challenge })
  expect(twice.fingerprints.one).not.toBe(twice.fingerprints.two)
})

test('a secret that is missing or could be guessed is said to be, and has no fingerprint', async () => {
  const { fingerprints, withheld } = await attested(
    open({ secrets: { auth: SECRET, extension_token: undefined, other: '', short: 'changeme' } }),
  )
  expect(Object.keys(fingerprints)).toEqual(['auth'])
  expect(withheld).toEqual({ extension_token: 'missing', other: 'missing', short: 'short' })
})

test('the settings are those in force, with better-auth’s defaults', async () => {
  const { settings } = await attested(open())
  expect(settings).toMatchObject({
    baseURL: 'https://api.example.com',
    basePath: '/api/auth',
    cookie: {
      name: '__Secure-better-auth.session_token',
      domain: null,
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'lax',
    },
    nodeEnv: 'test',
    session: { expiresIn: 604_800, updateAge: 86_400, cookieCache: { enabled: false, maxAge: null } },
    trustedOrigins: ['https://a.example.com', 'https://api.example.com', 'https://b.example.com'],
    rateLimit: { enabled: false, storage: 'memory' },
    versions: {
      node: process.version,
      betterAuth: expect.stringMatching(/^1\./),
      authwatch: expect.any(String),
    },
  })
})

test('what better-auth does not know is attested when the application states it', async () => {
  const settings = { extensionTokenLifetimeSeconds: 3_600 }
  expect((await attested(open({ settings }))).settings.extensionToken).toEqual({ lifetime: 3_600 })
  expect((await attested(open())).settings).not.toHaveProperty('extensionToken')
  for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => open({ settings: { extensionTokenLifetimeSeconds: wrong } })).toThrow(TypeError)
  }
})

test('a setting that differs shows', async () => {
  const { settings } = await attested(
    open(
      {},
      {
        baseURL: 'http://127.0.0.1:3000/auth',
        session: { expiresIn: 60, cookieCache: { enabled: true } },
        advanced: { crossSubDomainCookies: { enabled: true, domain: '.example.com' } },
        rateLimit: { enabled: true, storage: 'database' },
      },
    ),
  )
  expect(settings).toMatchObject({
    baseURL: 'http://127.0.0.1:3000',
    basePath: '/auth',
    cookie: { name: 'better-auth.session_token', domain: '.example.com', secure: false },
    session: { expiresIn: 60, cookieCache: { enabled: true, maxAge: 300 } },
    rateLimit: { enabled: true, storage: 'database' },
  })
})

test('who has no token, or a wrong one, learns nothing', async () => {
  const handler = open()
  for (const token of ['', 'another token of that length', `${TOKEN}x`]) {
    const response = await ask(handler, { token })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'A bearer token is required.' })
  }
  const url = 'https://api.example.com/authwatch/attestation'
  expect((await handler(new Request(url, { method: 'POST', body: '{}' }))).status).toBe(401)
})

test('two tokens are good while one replaces the other', async () => {
  const handler = open({ tokens: [TOKEN, 'the token of tomorrow'] })
  expect((await ask(handler)).status).toBe(200)
  expect((await ask(handler, { token: 'the token of tomorrow' })).status).toBe(200)
})

test.each([
  ['a challenge that could come again', { challenge: randomBytes(15) }],
  ['no challenge', { body: '{}' }],
  ['a challenge that is no text', { body: '{"challenge":{"length":64}}' }],
  ['no JSON', { body: 'challenge' }],
  ['nothing', { body: '' }],
  ['more than 4 KiB', { challenge: randomBytes(4_096) }],
])('%s is refused', async (_, asked) => {
  expect((await ask(open(), asked)).status).toBe(400)
})

test('other methods are refused, and tokens and names that cannot be good', async () => {
  expect((await ask(open(), { method: 'GET' })).status).toBe(405)
  expect(() => open({ tokens: 'short' })).toThrow(TypeError)
  expect(() => open({ secrets: { 'Not a name': SECRET } })).toThrow(TypeError)
})

test('no secret, no token, and no part of them is in an answer', async () => {
  const text = JSON.stringify(await attested(open()))
  for (const secret of [SECRET, TOKEN, ...Object.values(SECRETS)])
    expect(text).not.toContain(secret.slice(0, 12))
})
