import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { TitledCheck } from '../../src/http/status-rows.ts'
import { statusRows } from '../../src/http/status-rows.ts'
import { errored, passed, stored } from '../metrics/stored.ts'
import { serveChecks } from './serve-checks.ts'

const check = (id: TitledCheck['id'], every: TitledCheck['every'] = '1m'): TitledCheck => ({
  id,
  every,
  title: `About ${id}`,
})
const checks = [
  check('a.passes'),
  check('a.fails'),
  check('a.errs'),
  check('a.waits'),
  check('a.skips'),
  check('a.old'),
]

const failed = {
  state: 'fail',
  values: { offenders: 42 },
  severity: 'critical',
  summary: 'Things are bad',
  findings: [],
} as const

const resultsAt = (now: number) => [
  stored({ check: 'a.passes', startedAt: now - 1_000, verdict: passed }),
  stored({ check: 'a.fails', startedAt: now - 150_000, verdict: failed }),
  stored({ check: 'a.errs', startedAt: now, verdict: errored }),
  stored({
    check: 'a.skips',
    startedAt: now,
    verdict: { state: 'skipped', reason: 'there is no such table' },
  }),
  stored({ check: 'a.old', startedAt: now - 3_600_000, verdict: passed }),
]

test('the rows are those of the metrics, the worst first, and an old pass is an error', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  const rows = statusRows({ checks, targetsOf: () => ['crm'], results: resultsAt(now), now })
  expect(rows.map(({ check, state, detail, offenders }) => [check, state, detail, offenders])).toEqual([
    ['a.fails', 'fail', 'Things are bad (critical)', 42],
    ['a.errs', 'error', 'ERR_TIMEOUT: The statement took too long.', null],
    [
      'a.old',
      'error',
      'ERR_STALE: The last result is of 2026-03-01T11:00:00.000Z, and none has come since.',
      null,
    ],
    ['a.waits', 'waiting', null, null],
    ['a.skips', 'skipped', 'there is no such table', null],
    ['a.passes', 'pass', null, 0],
  ])
  const old = rows.find(({ check }) => check === 'a.old')
  expect(old).toMatchObject({ lastRunAt: now - 3_600_000, since: now - 3_600_000 + 210_000 })
})

test('the page shows every check by target, in words', async () => {
  const shown = { checks, targetsOf: () => ['crm', 'shop'], results: resultsAt(Date.now()) }
  await using server = await serveChecks({
    shown,
    notReady: ['the queue is away'],
    runbook: 'https://wiki.test/auth',
  })
  const answer = await fetch(server.url)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8')
  const page = await answer.text()
  expect(page).toContain('<caption>Target crm</caption>')
  expect(page).toContain('<caption>Target shop</caption>')
  expect(page).toContain('Checks: 1 fail, 2 could not look, 7 have not run yet, 1 do not apply, 1 pass.')
  expect(page).toContain('the queue is away')
  expect(page).toContain('<span class="state fail">fail</span>')
  expect(page).toContain('<a href="https://wiki.test/auth#authwatchafails">a.fails</a>')
  expect(page).toMatch(/<time datetime="[^"]+">2 min ago<\/time>/)
  expect(page.match(/<th scope="row"/g)).toHaveLength(12)
})

test('the page needs nothing but itself, and its policy admits its style', async () => {
  await using server = await serveChecks({ shown: { checks, targetsOf: () => ['crm'], results: [] } })
  const answer = await fetch(server.url)
  const page = await answer.text()
  expect(page).not.toMatch(/<script|<img|<iframe| on\w+=| style=|@import|url\(/i)
  expect(page.match(/(?:href|src)="([^"]*)"/g)).toEqual([
    'href="data:,"',
    'href="metrics"',
    'href="healthz"',
    'href="readyz"',
  ])
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(page) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(answer.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`)
})

test('whatever a value holds, it stays text', async () => {
  const hostile = `"><script>alert('x')</script>&amp;<img src=x onerror=y>`
  const hostileCheck = { ...check('a.fails'), title: hostile }
  const verdict = { ...failed, summary: hostile }
  const results = [stored({ check: 'a.fails', target: hostile, startedAt: Date.now(), verdict })]
  await using server = await serveChecks({
    shown: { checks: [hostileCheck], targetsOf: () => [hostile], results },
    notReady: [hostile],
    runbook: 'javascript:alert(1)',
  })
  const page = await (await fetch(server.url)).text()
  expect(page).not.toContain('<script')
  expect(page).not.toContain('<img')
  expect(page).not.toContain('javascript:')
  const escaped =
    '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;&lt;img src=x onerror=y&gt;'
  expect(page.split(escaped)).toHaveLength(1 + 4)
})

test('without checks the page says so', async () => {
  await using server = await serveChecks({ shown: { checks: [], targetsOf: () => ['crm'], results: [] } })
  expect(await (await fetch(server.url)).text()).toContain('No checks are enabled.')
})
