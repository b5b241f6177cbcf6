import { rename, writeFile } from 'node:fs/promises'
import { request as insecureRequest } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listen } from '../../../src/http/listen.ts'
import { followWebConfig } from '../../../src/http/web-config/follow-web-config.ts'
import { webAccess } from '../../../src/http/web-config/web-access.ts'
import { type Authority, type Certificate, certificateAuthority } from './certificates.ts'

const HASH = '$2b$10$lIE/AFJiXg21E0DRdRB0oOyE0GfoGGb6Ufyax8UDd/wIm/kQthzDe'
const RIGHT = basic('alice', 'correct horse')

let authority: Authority
let server: Certificate
beforeAll(async () => {
  authority = await certificateAuthority()
  server = await authority.sign('IP:127.0.0.1')
  await place(server)
})
afterAll(() => authority[Symbol.asyncDispose]())

/** As a renewal does it: whoever reads meanwhile reads the old one or the new one. */
async function place({ cert, key }: Certificate): Promise<void> {
  for (const [name, text] of Object.entries({ 'server.key': key, 'server.crt': cert })) {
    await writeFile(join(authority.folder, `${name}.new`), text)
    await rename(join(authority.folder, `${name}.new`), join(authority.folder, name))
  }
}

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

const TLS = 'cert_file: server.crt, key_file: server.key'

async function serve(text: string, file: string) {
  const path = join(authority.folder, file)
  await writeFile(path, text)
  const told: string[] = []
  const web = followWebConfig({
    path,
    onReload: () => told.push('reloaded'),
    onRefused: ({ message }) => told.push(message),
  })
  const app = new Hono()
  const { headers, identify } = webAccess({ web, open: ['/open'] })
  app.use(headers, identify)
  app.get('*', (c) => c.text('seen'))
  const listening = await listen(app, { port: 0, web, closeWithinMs: 1_000 })
  return {
    ...{ path, told, url: listening.url, port: listening.port },
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
      web[Symbol.dispose]()
    },
  }
}

interface Asked {
  readonly path?: string
  readonly authorization?: string
  readonly client?: Certificate
}

/** The status and the body, or the code of the error that kept them away. */
function ask(url: string, { path = '/metrics', authorization, client }: Asked = {}): Promise<string> {
  const secure = url.startsWith('https:')
  const headers = authorization === undefined ? {} : { authorization }
  return new Promise((resolve) => {
    const options = { headers, timeout: 10_000, agent: false as const, ca: authority.ca, ...client }
    const sent = (secure ? request : insecureRequest)(`${url}${path}`, options, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve(`${response.statusCode} ${body.trim()}`))
    })
    sent.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    sent.on('timeout', () => sent.destroy())
    sent.end()
  })
}

test('with users, the right password opens, and what has no secret stays open', async () => {
  await using web = await serve(`basic_auth_users: { alice: ${HASH} }`, 'users.yml')
  expect(await ask(web.url, { authorization: RIGHT })).toBe('200 seen')
  expect(await ask(web.url, { path: '/open' })).toBe('200 seen')
  for (const authorization of [
    undefined,
    basic('alice', 'wrong'),
    basic('bob', 'correct horse'),
    basic('__proto__', 'correct horse'),
    'Basic ',
    'Basic !!',
    'Bearer correct',
    RIGHT.slice(0, -8),
  ]) {
    expect(await ask(web.url, authorization === undefined ? {} : { authorization })).toBe('401 Unauthorized')
  }
})

test('a guesser is slowed down, and whoever was right before is not', async () => {
  await using web = await serve(`basic_auth_users: { alice: ${HASH} }`, 'guess.yml')
  expect(await ask(web.url, { authorization: RIGHT })).toBe('200 seen')
  const answers: string[] = []
  // As many as five a second are refused without a limit, and a slow processor hashes hardly more.
  const isSlowed = () => answers.includes('429 Too many wrong passwords')
  for (let guess = 0; guess < 160 && (guess < 40 || !isSlowed()); guess += 4) {
    const asked = [0, 1, 2, 3].map((n) =>
      ask(web.url, { authorization: basic('alice', `guess ${guess + n}`) }),
    )
    answers.push(...(await Promise.all(asked)))
  }
  expect(new Set(answers)).toEqual(new Set(['401 Unauthorized', '429 Too many wrong passwords']))
  expect(await ask(web.url, { authorization: RIGHT })).toBe('200 seen')
})

test('users that change are asked for without a restart, and a broken file changes nothing', async () => {
  await using web = await serve(`basic_auth_users: { alice: ${HASH} }`, 'change.yml')
  expect(await ask(web.url, { authorization: RIGHT })).toBe('200 seen')
  await writeFile(web.path, 'basic_auth_users: {')
  await vi.waitFor(() => expect(web.told).toHaveLength(1), { timeout: 10_000 })
  expect(web.told[0]).toContain(web.path)
  expect(await ask(web.url, { authorization: RIGHT })).toBe('200 seen')
  await writeFile(web.path, `basic_auth_users: { bob: ${HASH} }`)
  await vi.waitFor(() => expect(web.told[1]).toBe('reloaded'), { timeout: 10_000 })
  expect(await ask(web.url, { authorization: RIGHT })).toBe('401 Unauthorized')
  expect(await ask(web.url, { authorization: basic('bob', 'correct horse') })).toBe('200 seen')
})

test('headers of the file are in every answer', async () => {
  const headers = 'http_server_config: { headers: { Strict-Transport-Security: max-age=60 } }'
  await using web = await serve(`${headers}\nbasic_auth_users: { alice: ${HASH} }`, 'headers.yml')
  for (const authorization of [RIGHT, 'Basic bm9ib2R5']) {
    const { headers } = await fetch(`${web.url}/metrics`, { headers: { authorization } })
    expect(headers.get('strict-transport-security')).toBe('max-age=60')
  }
})

test('a certificate is exchanged without a restart, also in the order in which it does not fit its key', async () => {
  await using web = await serve(`tls_server_config: { ${TLS} }`, 'tls.yml')
  expect(web.url).toMatch(/^https:/)
  expect(await ask(web.url)).toBe('200 seen')
  expect(await ask(web.url.replace('https', 'http'))).toMatch(/ECONNRESET|HPE_/)
  const before = await serialOf(web.port)
  const next = await authority.sign('IP:127.0.0.1')
  await writeFile(join(authority.folder, 'server.key'), next.key)
  await vi.waitFor(() => expect(web.told.at(-1)).toContain('do not go together'), { timeout: 10_000 })
  expect(await serialOf(web.port)).toBe(before)
  await writeFile(join(authority.folder, 'server.crt'), next.cert)
  await vi.waitFor(() => expect(web.told.at(-1)).toBe('reloaded'), { timeout: 10_000 })
  expect(await serialOf(web.port)).not.toBe(before)
  expect(await ask(web.url)).toBe('200 seen')
  await place(server)
})

test('versions and ciphers are those of the file', async () => {
  const cipher = 'cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]'
  await using old = await serve(`tls_server_config: { ${TLS}, max_version: TLS12, ${cipher} }`, 'old.yml')
  expect(await protocolOf(old.port)).toEqual(['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'])
  await using recent = await serve(`tls_server_config: { ${TLS}, min_version: TLS13 }`, 'recent.yml')
  expect((await protocolOf(recent.port))[0]).toBe('TLSv1.3')
  await expect(protocolOf(recent.port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/)
})

test('only whoever has a certificate of the authority, with a name that is allowed, is answered', async () => {
  const ours = await authority.sign('DNS:scraper.example')
  const another = await authority.sign('DNS:other.example')
  await using elsewhere = await certificateAuthority()
  const foreign = await elsewhere.sign('DNS:scraper.example')
  const verified = `tls_server_config: { ${TLS}, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert`
  await using any = await serve(`${verified} }`, 'mutual.yml')
  await using one = await serve(`${verified}, client_allowed_sans: [scraper.example] }`, 'named.yml')
  expect(await ask(any.url, { client: ours })).toBe('200 seen')
  expect(await ask(any.url, { client: another })).toBe('200 seen')
  expect(await ask(one.url, { client: ours })).toBe('200 seen')
  const refused = /ECONNRESET|EPIPE|ERR_SSL/
  expect(await ask(any.url)).toMatch(refused)
  expect(await ask(any.url, { client: foreign })).toMatch(refused)
  expect(await ask(one.url, { client: another })).toMatch(refused)
  // Who may come in is looked up again for each connection.
  await writeFile(one.path, `${verified}, client_allowed_sans: [other.example] }`)
  await vi.waitFor(() => expect(one.told).toEqual(['reloaded']), { timeout: 10_000 })
  expect(await ask(one.url, { client: another })).toBe('200 seen')
  expect(await ask(one.url, { client: ours })).toMatch(refused)
})

test('TLS is not switched off under a server that listens', async () => {
  await using web = await serve(`tls_server_config: { ${TLS} }`, 'off.yml')
  await writeFile(web.path, '')
  await vi.waitFor(() => expect(web.told[0]).toContain('by a restart only'), { timeout: 10_000 })
  expect(await ask(web.url)).toBe('200 seen')
})

function handshake(port: number, more: { readonly maxVersion?: 'TLSv1.2' } = {}) {
  return new Promise<{ serial: string; protocol: string | null; cipher: string }>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.ca, timeout: 10_000, ...more }, () => {
      const { serialNumber } = socket.getPeerCertificate()
      resolve({ serial: serialNumber, protocol: socket.getProtocol(), cipher: socket.getCipher().name })
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

async function serialOf(port: number): Promise<string> {
  return (await handshake(port)).serial
}

async function protocolOf(port: number, more = {}): Promise<readonly (string | null)[]> {
  const { protocol, cipher } = await handshake(port, more)
  return [protocol, cipher]
}
