import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certificate authority that this test made, and a folder for what it signs. */
export interface Authority extends AsyncDisposable {
  readonly folder: string
  readonly ca: string
  /** @param names alternative names such as `DNS:scraper.example` */
  sign(names: string): Promise<Certificate>
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export async function certificateAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch web '))
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder, timeout: 20_000 })
  const named = ['-subj', '/CN=an authority', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.crt']
  await openssl('req', '-x509', ...EC, ...named)
  let signed = 0
  return {
    folder,
    ca: await readFile(join(folder, 'ca.crt'), 'utf8'),
    async sign(names) {
      signed += 1
      const [request, key, cert] = [`${signed}.csr`, `${signed}.key`, `${signed}.crt`]
      await openssl('req', ...EC, '-subj', '/CN=somebody', '-keyout', key, '-out', request)
      await writeFile(join(folder, 'names'), `subjectAltName=${names}`)
      const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
      await openssl('x509', '-req', '-in', request, ...by, '-out', cert)
      const text = (file: string) => readFile(join(folder, file), 'utf8')
      return { cert: await text(cert), key: await text(key) }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
