import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/catalogue/policy.ts'
import { tlsExpiring } from '../../../src/probes/tls/expiring.ts'
import { type Fleet, runProbe } from '../../../src/run/run-probe.ts'
import { probeDispatcher } from '../../../src/servers/server-client.ts'
import { always, startFront } from '../../support/front.ts'
import { outcome } from '../../support/outcome.ts'

const DAY_MS = 86_400_000
const PAGE = always({ status: 200, type: 'application/json', body: '{"ok":true}' })

let tls: { key: string; cert: string }

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-subj', '/CN=api.crm.example.com', '-days', '20', '-keyout', key, '-out', cert]
    await promisify(execFile)('openssl', [...args, ...subject], { timeout: 20_000 })
    tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

const dispatcher = probeDispatcher()
afterAll(() => dispatcher[Symbol.asyncDispose]())

/** The verdict on one server, `daysLater` than now. */
async function run(url: string, daysLater = 0, publicUrl = 'https://api.crm.example.com') {
  const fleet: Fleet = {
    servers: [{ name: 'crm-a', url, publicUrl }],
    origins: [],
    hostileOrigin: 'https://authwatch-hostile.example',
    routes: { auth: '/api/auth', tenant: null, extension: null, debug: null },
    policy: defaultPolicy,
    canaries: {},
    secrets: {},
    signingKeys: undefined,
    userAgent: 'authwatch-test',
    dispatcher,
  }
  const clock = () => Date.now() + daysLater * DAY_MS
  const { verdict } = await runProbe(tlsExpiring, { target: 'crm-a', fleet, clock, onStep: () => {} })
  return verdict
}

test('a certificate of twenty days passes, then warns, then alarms, and then has expired', async () => {
  await using server = await startFront(PAGE, { tls })
  const fresh = await run(server.url)
  expect(outcome(fresh)).toBe('pass')
  const remaining = 'values' in fresh ? (fresh.values.remaining ?? 0) : 0
  expect(Math.abs(remaining * 1_000 - 20 * DAY_MS)).toBeLessThan(60_000)

  const inAWeek = await run(server.url, 7)
  expect(inAWeek).toMatchObject({ state: 'fail', severity: 'warning' })
  expect(outcome(inAWeek)).toEqual(['certificate: expiring'])
  expect(await run(server.url, 18)).toMatchObject({ state: 'fail', severity: 'critical' })
  const over = await run(server.url, 21)
  expect(over).toMatchObject({ state: 'fail', severity: 'critical' })
  expect(outcome(over)).toEqual(['certificate: expired'])
})

test('a server known by its address alone shows its certificate too', async () => {
  await using server = await startFront(PAGE, { tls })
  expect(outcome(await run(server.url, 0, server.url))).toBe('pass')
})

test('a server without TLS passes and has no number', async () => {
  await using server = await startFront(PAGE)
  expect(await run(server.url)).toEqual({ state: 'pass', values: { offenders: 0 } })
})

test('what speaks no TLS, or does not listen, is for another probe to judge', async () => {
  const plain = await startFront(PAGE)
  const url = plain.url.replace('http:', 'https:')
  expect(outcome(await run(url))).toBe('error ERR_UNREACHABLE')
  await plain[Symbol.asyncDispose]()
  expect(outcome(await run(url))).toBe('error ERR_UNREACHABLE')
})
