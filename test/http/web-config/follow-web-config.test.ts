import { execFile, spawn } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { followWebConfig } from '../../../src/http/web-config/follow-web-config.ts'
import { type Authority, certificateAuthority } from './certificates.ts'

const run = promisify(execFile)

const WITHIN = { timeout: 10_000, interval: 50 }
/** Long enough for two looks that come once a second. */
const LOOKS_MS = 2_200

/** What a server listens with at first, and a way to change the file at once and as a whole. */
async function listening(authority: Authority) {
  const at = (name: string) => join(authority.folder, name)
  const sign = async (name: string) => {
    const { cert, key } = await authority.sign('DNS:localhost')
    return { cert, key, files: { crt: at(`${name}.crt`), key: at(`${name}.key`) } }
  }
  const old = await sign('old')
  await writeFile(old.files.crt, old.cert)
  await writeFile(old.files.key, old.key)
  const set = async (text: string) => {
    await writeFile(at('next.yml'), text)
    await rename(at('next.yml'), at('web.yml'))
  }
  const tls = (crt: string, key: string) => `tls_server_config: { cert_file: ${crt}, key_file: ${key} }\n`
  await set(tls('old.crt', 'old.key'))
  const told: string[] = []
  const web = followWebConfig({
    path: at('web.yml'),
    onReload: () => told.push('reloaded'),
    onRefused: ({ message }) =>
      told.push(message.replace(authority.folder, '').replace(authority.folder, '')),
  })
  return { at, sign, set, tls, old, web, told }
}

test.concurrent('a certificate that comes after the file that names it is taken when it is there, and told about once', async () => {
  await using authority = await certificateAuthority()
  const { sign, set, tls, old, web, told } = await listening(authority)
  using _web = web
  const begun = web.lastReload()
  expect(begun).toEqual({ successful: true, succeededAt: expect.closeTo(Date.now(), -4) })
  expect(web.current().tls?.context.cert).toBe(old.cert)

  const renewed = await sign('renewed')
  await set(tls('renewed.crt', 'renewed.key'))
  const missing = '/web.yml: cert_file /renewed.crt cannot be read (ENOENT)'
  await vi.waitFor(() => expect(told).toEqual([missing]), WITHIN)
  expect(web.lastReload()).toEqual({ ...begun, successful: false })
  await sleep(LOOKS_MS)
  expect(told).toEqual([missing])
  expect(web.current().tls?.context.cert).toBe(old.cert)

  await writeFile(renewed.files.key, renewed.key)
  await writeFile(renewed.files.crt, renewed.cert)
  await vi.waitFor(() => expect(web.lastReload().successful).toBe(true), WITHIN)
  expect(web.current().tls?.context.cert).toBe(renewed.cert)
  expect(told.at(-1)).toBe('reloaded')
  expect(web.lastReload().succeededAt).toBeGreaterThan(begun.succeededAt)
})

test.concurrent('what changes while the files are being read is read too', async () => {
  await using authority = await certificateAuthority()
  const { at, set, tls, old, web } = await listening(authority)
  using _web = web
  expect(web.current().headers).toEqual({})

  // Opening a pipe to write waits for its reader, which has read web.yml by then, and waits for the certificate.
  await run('mkfifo', [at('pipe.crt')])
  const later = `${tls('old.crt', 'old.key')}http_server_config: { headers: { X-Frame-Options: deny } }\n`
  await writeFile(at('later.yml'), later)
  const writer = spawn('sh', ['-c', 'exec 3>pipe.crt; mv later.yml web.yml; cat old.crt >&3'], {
    cwd: authority.folder,
    stdio: 'ignore',
  })
  const written = new Promise((resolve) => writer.once('exit', resolve))
  await set(tls('pipe.crt', 'old.key'))
  expect(await written).toBe(0)
  await vi.waitFor(() => expect(web.current().headers).toEqual({ 'X-Frame-Options': 'deny' }), WITHIN)
  expect(web.current().tls?.context.cert).toBe(old.cert)
  await sleep(LOOKS_MS)
  expect(web.lastReload().successful).toBe(true)
})
