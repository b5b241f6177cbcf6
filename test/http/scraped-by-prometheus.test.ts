import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { passed, stored } from '../metrics/stored.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts'
import { serveChecks } from './serve-checks.ts'

const HOSTILE = 'we"ird\\n \n{}, ü😀'
const FIRST_SCRAPE_MS = 20_000

test('a real Prometheus takes everything, in OpenMetrics and with hostile names', async ({ skip }) => {
  skip('skip' in (await binaryOrSkip('prometheus')), 'prometheus is missing')
  const results = checks.flatMap(({ id }) => [
    stored({ check: id, startedAt: Date.now(), verdict: passed }),
    stored({ check: id, target: HOSTILE, startedAt: Date.now(), verdict: passed }),
  ])
  await using server = await serveChecks({ shown: { checks, targetsOf: () => ['crm', HOSTILE], results } })
  const at = `127.0.0.1:${server.port}`
  await using prometheus = await startPrometheus({ scrape: [{ job: 'authwatch', targets: [at] }] })
  await firstScrape(prometheus)

  expect(await prometheus.query('up')).toMatchObject([{ value: 1 }])
  const passing = await prometheus.query('sum by (target) (authwatch_check_state{state="pass"})')
  expect(passing.map(({ labels, value }) => [labels.target, value]).toSorted()).toEqual([
    ['crm', checks.length],
    [HOSTILE, checks.length],
  ])
  const exactlyOne = await prometheus.query('count(sum by (check, target) (authwatch_check_state) == 1)')
  expect(exactlyOne).toMatchObject([{ value: checks.length * 2 }])
  expect(await prometheus.query('sum(authwatch_check_runs_total{outcome="fail"})')).toMatchObject([
    { value: checks.length * 4 },
  ])
  // The name without `_total` shows that Prometheus chose OpenMetrics.
  const metadata = await prometheus.api('/api/v1/metadata?metric=authwatch_check_runs')
  expect(metadata).toMatchObject({
    authwatch_check_runs: [{ type: 'counter', help: 'Runs of the check by how they ended.' }],
  })
  const scraped = await prometheus.query('authwatch_http_requests_total{route="/metrics",status="200"}')
  expect(scraped[0]?.value).toBeGreaterThan(0)
})

async function firstScrape(prometheus: TestPrometheus): Promise<void> {
  const deadline = Date.now() + FIRST_SCRAPE_MS
  while ((await prometheus.query('authwatch_http_requests_total')).length === 0) {
    if (Date.now() > deadline) throw new Error(`Prometheus scraped nothing in ${FIRST_SCRAPE_MS} ms`)
    await sleep(100)
  }
}
