import { chmod, chown, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { sql } from '../../src/database/sql.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { certificateAuthority } from '../http/web-config/certificates.ts'
import { measuring } from '../run/own-checks.ts'
import { watch } from '../run/watch.ts'
import { SCHEMAS } from '../support/schemas/index.ts'

const quick = measuring('test.quick', sql`select 1 as "measured"`, '1s')

/** Has the server offer TLS from now on, with a certificate for these names. */
async function offerTls(
  { url }: Pick<EmbeddedPostgres, 'url'>,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<void> {
  const client = new pg.Client({ connectionString: url('postgres'), query_timeout: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ folder: string }>(
      "select current_setting('data_directory') as folder",
    )
    const folder = rows[0]?.folder ?? ''
    const { uid, gid } = await stat(folder)
    for (const [name, text] of [
      ['server.crt', cert],
      ['server.key', key],
    ] as const) {
      const file = join(folder, name)
      await writeFile(file, text)
      await chmod(file, 0o600)
      await chown(file, uid, gid)
    }
    expect(await readdir(folder)).toContain('server.key')
    await client.query('alter system set ssl = on')
    await client.query('select pg_reload_conf()')
    await expect.poll(async () => (await client.query('show ssl')).rows).toEqual([{ ssl: 'on' }])
  } finally {
    await client.end()
  }
}

test('a server that cannot prove who it is, is told from one that is away, and from a fault of authwatch', async () => {
  await using authority = await certificateAuthority()
  const root = await mkdtemp(join(tmpdir(), 'authwatch-tls-'))
  await chmod(root, 0o755)
  try {
    await using server = await startEmbeddedPostgres({
      dataDirectory: join(root, 'postgres'),
      removeOnStop: true,
    })
    await server.createDatabase('application')
    await SCHEMAS.camelCase.build(server.url('application'))
    const at = (parameters: Readonly<Record<string, string>>): string => {
      const url = new URL(server.url('application'))
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url.href
    }
    const look = async (parameters: Readonly<Record<string, string>>) => {
      await using watched = watch(at(parameters))
      return await watched.verdict(quick)
    }
    const error = (message: RegExp) => ({
      state: 'error',
      code: 'ERR_UNREACHABLE',
      message: expect.stringMatching(message),
    })
    const ca = join(authority.folder, 'ca.crt')

    expect(await look({})).toMatchObject({ state: 'pass' })
    expect(await look({ sslmode: 'require' })).toMatchObject(error(/does not offer/))
    await offerTls(server, await authority.sign('IP:127.0.0.1,DNS:localhost'))
    expect(await look({ sslmode: 'verify-full', sslrootcert: ca })).toMatchObject({ state: 'pass' })
    expect(await look({ sslmode: 'no-verify' })).toMatchObject({ state: 'pass' })
    expect(await look({ sslmode: 'require' })).toMatchObject(
      error(/certificate.*UNABLE_TO_VERIFY.*sslrootcert/),
    )
    await offerTls(server, await authority.sign('DNS:elsewhere.example'))
    expect(await look({ sslmode: 'verify-full', sslrootcert: ca })).toMatchObject(
      error(/certificate.*ALTNAME/),
    )
    expect(await look({ sslmode: 'verify-full', sslrootcert: join(root, 'none.crt') })).toMatchObject(
      error(/cannot be opened \(ENOENT\)/),
    )
    expect(await look({ host: join(root, 'no-socket') })).toMatchObject(error(/cannot be opened \(ENOENT\)/))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}, 60_000)
