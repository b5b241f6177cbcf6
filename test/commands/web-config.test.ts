import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { certificateAuthority } from '../http/web-config/certificates.ts'
import { stateDatabase } from '../results/state-database.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { testDatabase } from '../support/database.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { onlyChecks, startServe } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Of the password `correct horse`. */
const HASH = '$2b$10$lIE/AFJiXg21E0DRdRB0oOyE0GfoGGb6Ufyax8UDd/wIm/kQthzDe'

const checks = onlyChecks(['user.population'], { every: '10s', timeout: '2s' })

test('a real Prometheus with the password and the authority scrapes a worker, and one without does not', async ({
  skip,
}) => {
  skip('skip' in (await binaryOrSkip('prometheus')), 'prometheus is missing')
  await using authority = await certificateAuthority()
  const { cert, key } = await authority.sign('IP:127.0.0.1')
  const at = (name: string) => join(authority.folder, name)
  await writeFile(at('server.crt'), cert)
  await writeFile(at('server.key'), key)
  const tls = 'tls_server_config: { cert_file: server.crt, key_file: server.key }'
  await writeFile(at('web.yml'), `${tls}\nbasic_auth_users: { scraper: ${HASH} }`)
  await using application = await testDatabase()
  await using state = await stateDatabase()
  const env = {
    DATABASE_URL: application.url,
    STATE_DATABASE_URL: state.url,
    AUTHWATCH_WEB_CONFIG_FILE: at('web.yml'),
  }
  await using worker = await startServe({ env, config: { checks, http: { port: 0 } } })
  expect(worker.url).toMatch(/^https:/)
  const targets = [new URL(worker.url).host]
  const ca = { ca_file: at('ca.crt') }
  const user = { username: 'scraper', password: 'correct horse' }
  const jobs = [
    { job: 'right', targets, settings: { scheme: 'https', tls_config: ca, basic_auth: user } },
    { job: 'nobody', targets, settings: { scheme: 'https', tls_config: ca } },
    {
      job: 'wrong',
      targets,
      settings: { scheme: 'https', tls_config: ca, basic_auth: { ...user, password: '' } },
    },
    { job: 'plain', targets, settings: { basic_auth: user } },
  ]
  await using prometheus = await startPrometheus({ scrape: jobs })
  await vi.waitFor(
    async () => {
      const up = await prometheus.query('up')
      const seen = Object.fromEntries(up.map(({ labels, value }) => [labels.job, value]))
      expect(seen).toEqual({ right: 1, nobody: 0, wrong: 0, plain: 0 })
    },
    { timeout: 30_000, interval: 500 },
  )
  const job = '{job="right"}'
  const of = async (metric: string) => (await prometheus.query(`${metric}${job}`)).map(({ value }) => value)
  expect(await of('authwatch_web_config_last_reload_successful')).toEqual([1])
  const since = 'authwatch_web_config_last_reload_success_timestamp_seconds'
  expect(await of(`time() - ${since}`)).toEqual([expect.closeTo(0, -2)])

  const ask = async (
    more: Readonly<Record<string, string>>,
    args = ['diagnose', 'alert', 'AuthwatchWorkerDown'],
  ) =>
    (await authwatch(args, { env: { ...env, AUTHWATCH_HTTP_PORT: new URL(worker.url).port, ...more } }))
      .output
  const trusting = { NODE_EXTRA_CA_CERTS: at('ca.crt') }
  const named = (credentials: string) => ({
    ...trusting,
    AUTHWATCH_WORKER_URL: worker.url.replace('://', `://${credentials}@`),
  })
  const asked = await Promise.all([
    ask({}),
    ask({ AUTHWATCH_WORKER_URL: worker.url }),
    ask({ ...trusting, AUTHWATCH_WORKER_URL: worker.url }),
    ask(named('scraper:wrong%20horse')),
    ask(named('scraper:correct%20horse')),
    ask(named('scraper:correct%20horse'), ['diagnose', 'alert', 'AuthwatchWebConfigReloadFailed']),
    ask(named('scraper:correct%20horse'), ['doctor']),
  ])
  expect(asked).toEqual([
    expect.stringContaining(
      '? Does the worker answer? the worker does not answer in clear; where it speaks TLS, set',
    ),
    expect.stringContaining(
      '? Does the worker answer? the worker and this command do not agree on TLS: NODE_EXTRA',
    ),
    expect.stringContaining(
      '? Does the worker answer? the worker asks for a password: set AUTHWATCH_WORKER_URL=',
    ),
    expect.stringContaining('? Does the worker answer? the worker does not take the user and password of'),
    expect.stringContaining('✓ Does the worker answer? it is ready'),
    expect.stringContaining('as the files are now? authwatch_web_config_last_reload_successful 1'),
    expect.stringMatching(/✓ worker.running .*\n.*✓ worker.scraped/),
  ])
  expect(asked.join()).not.toMatch(/correct|wrong horse|wrong%20/)

  await writeFile(at('server.key'), 'no key')
  const reads = () => of('authwatch_web_config_last_reload_successful')
  await vi.waitFor(async () => expect(await reads()).toEqual([0]), { timeout: 30_000, interval: 500 })
  await writeFile(at('server.key'), key)
  await vi.waitFor(async () => expect(await reads()).toEqual([1]), { timeout: 30_000, interval: 500 })
  expect(worker.log()).toContain('the web configuration cannot be used')
  expect(worker.log()).not.toContain('correct horse')
})

test('a worker that everybody could ask does not start, and says what to do', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', AUTHWATCH_HTTP_HOST: '0.0.0.0' }
  const open = await authwatch(['serve'], { env, config: { checks, http: { port: 0 } } })
  expect(open.code).toBe(3)
  expect(open.stderr).toContain('nobody would be asked who they are')
  expect(open.stderr).toContain('AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED=true')
})

test('a web configuration that cannot be used stops the start, with its name and key', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const config = { checks, http: { port: 0 } }
  const missing = await authwatch(['serve', '--web.config.file', 'none.yml'], { env, config })
  expect(missing.code).toBe(3)
  expect(missing.stderr).toContain('none.yml cannot be read (ENOENT)')
})
