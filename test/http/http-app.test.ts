import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { workerMetrics } from '../../src/metrics/worker-metrics.ts'
import { workerStatus } from '../../src/schedule/worker-status.ts'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { passed, stored } from '../metrics/stored.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { promtoolCheckMetrics } from '../support/prometheus.ts'
import { type ServedChecks, serveChecks } from './serve-checks.ts'

const everything = () => ({
  checks,
  targetsOf: () => ['crm', 'shop'],
  results: checks.map(({ id }) => stored({ check: id, startedAt: Date.now(), verdict: passed })),
})
const nothing = { checks: [], targetsOf: () => [], results: [] }

const get = ({ url }: ServedChecks, path: string, init: RequestInit = {}) =>
  fetch(url + path, { signal: AbortSignal.timeout(5_000), ...init })

test('/metrics speaks text to who asks for nothing and OpenMetrics to who asks for it', async () => {
  await using server = await serveChecks({ shown: everything() })
  const text = await get(server, '/metrics')
  expect(text.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(text.headers.get('vary')).toBe('Accept, Accept-Encoding')
  expect(parseExposition(await text.text(), 'text').has('authwatch_check_runs_total')).toBe(true)

  const open = await get(server, '/metrics', { headers: { accept: 'application/openmetrics-text' } })
  expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(parseExposition(await open.text(), 'openmetrics').has('authwatch_check_runs')).toBe(true)
})

test('/metrics is compressed for who takes gzip, and only then', async () => {
  await using server = await serveChecks({ shown: everything() })
  const zipped = await get(server, '/metrics', { headers: { 'accept-encoding': 'gzip' } })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  const body = await zipped.text()
  expect(parseExposition(body, 'text').size).toBeGreaterThan(20)
  expect(Number(zipped.headers.get('content-length'))).toBeLessThan(body.length / 3)
  const plain = await get(server, '/metrics', { headers: { 'accept-encoding': 'identity' } })
  expect(plain.headers.get('content-encoding')).toBeNull()
})

test('promtool has nothing to say about the whole of /metrics', async ({ skip }) => {
  const promtool = await binaryOrSkip('promtool')
  skip('skip' in promtool, 'promtool is missing')
  const hostile = 'we"ird\\ \n{}, ü😀'
  const shown = { ...everything(), targetsOf: () => ['crm', hostile] }
  await using server = await serveChecks({ shown, workerMetrics: () => workerMetrics(workerStatus()) })
  await get(server, '/nothing')
  const body = await (await get(server, '/metrics')).text()
  expect(body).toContain('authwatch_http_requests_total{route="other",status="404"} 1\n')
  expect(await promtoolCheckMetrics(body)).toEqual({ code: 0, output: '' })
  const undocumented = body.replace(/# HELP authwatch_check_state .*\n/, '')
  expect(await promtoolCheckMetrics(undocumented)).toMatchObject({ code: 3 })
})

test('/healthz says that the process lives, /readyz why it is not ready', async () => {
  await using ready = await serveChecks({ shown: nothing })
  expect((await get(ready, '/healthz')).status).toBe(200)
  const yes = await get(ready, '/readyz')
  expect([yes.status, await yes.json()]).toEqual([200, { ready: true }])

  await using unready = await serveChecks({ shown: nothing, notReady: ['no check has run yet'] })
  expect((await get(unready, '/healthz')).status).toBe(200)
  const no = await get(unready, '/readyz')
  expect([no.status, await no.json()]).toEqual([503, { ready: false, reasons: ['no check has run yet'] }])
})

test.for(['/', '/runbook', '/metrics', '/healthz', '/readyz'])(
  'HEAD %s is GET without a body',
  async (path) => {
    await using server = await serveChecks({ shown: nothing })
    const [head, full] = await Promise.all([get(server, path, { method: 'HEAD' }), get(server, path)])
    expect([head.status, head.headers.get('content-type')]).toEqual([200, full.headers.get('content-type')])
    expect(await head.text()).toBe('')
  },
)

test('other paths are not found and other methods not allowed, in few words', async () => {
  await using server = await serveChecks({ shown: nothing })
  const missing = await get(server, '/wp-login.php')
  expect([missing.status, await missing.text()]).toEqual([404, 'Not found\n'])
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const refused = await get(server, '/metrics', { method })
    expect([method, refused.status, refused.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD'])
  }
})

test('clients cannot make series: every path that is no route is one route', async () => {
  await using server = await serveChecks({ shown: nothing })
  for (let n = 0; n < 20; n += 1) await get(server, `/made-up-${n}`, { method: n % 2 === 0 ? 'GET' : 'POST' })
  for (let n = 0; n < 5; n += 1) await get(server, `/checks/made.up_${n}`)
  const families = parseExposition(await (await get(server, '/metrics')).text(), 'text')
  const counted = families.get('authwatch_http_requests_total')?.samples
  expect(counted?.map(({ labels, value }) => [labels.route, labels.status, value])).toEqual([
    ['/checks/:id', '404', 5],
    ['other', '404', 20],
  ])
})

test('a fault in a route is reported to the operator and not to the client', async () => {
  const fault = new Error('connect postgres://user:hunter2@db')
  await using server = await serveChecks({
    shown: nothing,
    workerMetrics: () => {
      throw fault
    },
  })
  const answer = await get(server, '/metrics')
  expect([answer.status, await answer.text()]).toEqual([500, 'Internal error\n'])
  expect(server.reported).toEqual([fault])
  expect((await get(server, '/healthz')).status).toBe(200)
})

test('no answer may be stored, framed, guessed at or bring foreign scripts', async () => {
  await using server = await serveChecks({ shown: nothing })
  for (const path of ['/', '/runbook', '/metrics', '/nothing']) {
    const { headers } = await get(server, path)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('content-security-policy')?.split('; ').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ])
    expect(headers.get('strict-transport-security')).toBeNull()
  }
})
