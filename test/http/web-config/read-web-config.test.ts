import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readWebConfig } from '../../../src/http/web-config/read-web-config.ts'
import { WebConfigError } from '../../../src/http/web-config/web-config-error.ts'
import { binaryOrSkip } from '../../support/binaries.ts'
import { type Authority, certificateAuthority } from './certificates.ts'

let authority: Authority
beforeAll(async () => {
  authority = await certificateAuthority()
  const { cert, key } = await authority.sign('DNS:localhost')
  const other = await authority.sign('DNS:localhost')
  await writeFile(join(authority.folder, 'server.crt'), cert)
  await writeFile(join(authority.folder, 'server.key'), key)
  await writeFile(join(authority.folder, 'other.key'), other.key)
})
afterAll(() => authority[Symbol.asyncDispose]())

/** Of the password `correct horse`. */
const HASH = '$2b$10$lIE/AFJiXg21E0DRdRB0oOyE0GfoGGb6Ufyax8UDd/wIm/kQthzDe'
const TLS = 'tls_server_config: { cert_file: server.crt, key_file: server.key'

const ACCEPTED: Readonly<Record<string, string>> = {
  'an empty file': '',
  users: `basic_auth_users: { alice: ${HASH} }`,
  'nobody, said so': 'basic_auth_users: {}',
  'a certificate with its key': `${TLS} }`,
  'client certificates': `${TLS}, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert }`,
  'client certificates that are only asked for': `${TLS}, client_auth_type: RequestClientCert }`,
  'versions and ciphers': `${TLS}, min_version: TLS12, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] }`,
  'curves and preference': `${TLS}, curve_preferences: [CurveP256, X25519], prefer_server_cipher_suites: false }`,
  headers:
    'http_server_config: { http2: false, headers: { X-Frame-Options: deny, Strict-Transport-Security: max-age=1 } }',
}

const REFUSED: Readonly<Record<string, string>> = {
  'a key that does not exist': 'tls_config: {}',
  'a key of a section that does not exist': `${TLS}, minimum: TLS13 }`,
  'a file that is not YAML': 'basic_auth_users: {',
  'a certificate without a key': 'tls_server_config: { cert_file: server.crt }',
  'a key without a certificate': 'tls_server_config: { key_file: server.key }',
  'a certificate that is not there': 'tls_server_config: { cert_file: none.crt, key_file: server.key }',
  'the key of another certificate': 'tls_server_config: { cert_file: server.crt, key_file: other.key }',
  'a certificate file without one': 'tls_server_config: { cert_file: server.key, key_file: server.key }',
  'an authority without a policy': `${TLS}, client_ca_file: ca.crt }`,
  'a policy that does not exist': `${TLS}, client_auth_type: Always }`,
  'a policy without a certificate': 'tls_server_config: { client_auth_type: RequireAnyClientCert }',
  'a version that does not exist': `${TLS}, min_version: TLS14 }`,
  'a cipher that does not exist': `${TLS}, cipher_suites: [TLS_NULL_WITH_NULL_NULL] }`,
  'a curve that does not exist': `${TLS}, curve_preferences: [CurveP1] }`,
  'a password in clear': 'basic_auth_users: { alice: secret }',
  'a header that is not for everybody to set': 'http_server_config: { headers: { Set-Cookie: a=b } }',
  'a header with another value': 'http_server_config: { headers: { X-Frame-Options: allow } }',
}

const cases = [
  ...Object.entries(ACCEPTED).map(([name, text]) => ({ name, text, isFine: true })),
  ...Object.entries(REFUSED).map(([name, text]) => ({ name, text, isFine: false })),
]

async function write(text: string): Promise<string> {
  const path = join(authority.folder, 'web.yml')
  await writeFile(path, text)
  return path
}

test.each(cases)('with $name, promtool and we are of one mind', async ({ text, isFine, name }) => {
  const path = await write(text)
  if (isFine) expect(() => readWebConfig(path)).not.toThrow()
  else expect(() => readWebConfig(path)).toThrow(WebConfigError)
  const promtool = await binaryOrSkip('promtool')
  if ('skip' in promtool) return
  const checked = await promisify(execFile)(promtool.path, ['check', 'web-config', path], {
    timeout: 20_000,
  }).then(
    () => true,
    () => false,
  )
  expect(checked, name).toBe(isFine)
})

test('a fault is told with the file and the key, and without what it held', async () => {
  const path = await write('basic_auth_users: { alice: secret-in-clear }')
  try {
    readWebConfig(path)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(WebConfigError)
    expect(String(error)).toContain(path)
    expect(String(error)).toContain('basic_auth_users.alice')
    expect(String(error)).not.toContain('secret-in-clear')
  }
})
