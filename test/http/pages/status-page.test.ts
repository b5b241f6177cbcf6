import { expect, test } from 'vitest'
import { gauge } from '../../../src/catalogue/check.ts'
import { sessionsByAge } from '../../../src/catalogue/families/session.ts'
import { matrixKey } from '../../../src/catalogue/matrix.ts'
import type { CheckId } from '../../../src/catalogue/naming.ts'
import { catalogue } from '../../../src/commands/catalogue.ts'
import { PROOFS } from '../../../src/http/pages/secret-agreement.ts'
import { statusRows } from '../../../src/http/status-rows.ts'
import type { StoredVerdict } from '../../../src/results/stored-result.ts'
import { errored, passed, stored } from '../../metrics/stored.ts'
import { serveChecks } from '../serve-checks.ts'
import { nothing, pageCheck } from './page-sources.ts'

const failing = (severity: 'critical' | 'warning' | 'info', reason = 'differs'): StoredVerdict => ({
  state: 'fail',
  values: { offenders: 1234 },
  severity,
  summary: 'Things are bad',
  findings: [
    {
      ...{ key: 'a', check: 'a.a', target: 'crm', firstSeen: 0, lastSeen: 0, resolvedAt: null, reopened: 0 },
      detail: { step: 'compare', reason },
    },
  ],
})

const ids: readonly CheckId[] = ['a.passes', 'a.worries', 'a.fails', 'a.errs', 'a.waits', 'a.skips', 'a.old']
const checks = ids.map((id) => pageCheck(id))

const resultsAt = (now: number) => [
  stored({ check: 'a.passes', startedAt: now - 1_000, verdict: passed }),
  stored({ check: 'a.worries', startedAt: now - 1_000, verdict: failing('info') }),
  stored({ check: 'a.fails', startedAt: now - 150_000, verdict: failing('critical') }),
  stored({ check: 'a.errs', startedAt: now, verdict: errored }),
  stored({
    check: 'a.skips',
    startedAt: now,
    verdict: { state: 'skipped', reason: 'there is no such table' },
  }),
  stored({ check: 'a.old', startedAt: now - 3_600_000, verdict: passed }),
]

const htmlOf = async (server: { readonly url: string }, path = '/'): Promise<string> =>
  (await fetch(server.url + path)).text()

test('rows are in the order in which a person should look, and a pass that is too old is stale, not green', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  const rows = statusRows({ checks, targetsOf: () => ['crm'], results: resultsAt(now), now })
  expect(rows.map(({ id, state, gravity }) => [id, state, gravity])).toEqual([
    ['a.fails', 'fail', 'critical'],
    ['a.errs', 'error', 'error'],
    ['a.old', 'stale', 'stale'],
    ['a.worries', 'fail', 'info'],
    ['a.waits', 'waiting', 'waiting'],
    ['a.skips', 'skipped', 'skipped'],
    ['a.passes', 'pass', 'pass'],
  ])
  // Three intervals of a minute and half a minute: the limit of the metrics and the alert.
  expect(rows.find(({ id }) => id === 'a.old')).toMatchObject({
    lastRunAt: now - 3_600_000,
    since: now - 3_600_000 + 210_000,
    offenders: null,
  })
})

test('the page tells counts, verdicts, numbers and ages in words', async () => {
  const shown = { checks, targetsOf: () => ['crm', 'shop'], results: resultsAt(Date.now()) }
  await using server = await serveChecks({ shown, notReady: ['the queue is away'] })
  const answer = await fetch(server.url)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8')
  const page = await answer.text()
  expect(page).toContain('<title>(2) authwatch</title>')
  expect(page).toContain(
    '2 fail · 1 could not look · 1 have no fresh result · 8 have not run yet · 1 do not apply · 1 pass',
  )
  expect(page).toContain('2 of 14 fail</h1>')
  expect(page).toContain('the queue is away')
  expect(page).toContain('<span class="badge critical"><span aria-hidden="true">✗</span> critical</span>')
  expect(page).toContain('class="number">1,234</td>')
  expect(page).toMatch(/<time datetime="[^"]+" title="[^"]+ UTC">2 min ago<\/time>/)
  expect(page).toContain('>in 42 s</time>')
  expect(page.match(/<tr role="row" id="row-/g)).toHaveLength(14)
  expect(page).toContain('aria-label="Last run: 1 fail; offenders 1,234"')
  // What passes, waits or does not apply needs nobody.
  expect(page.match(/<li id="look-[^"]+"/g)).toEqual([
    '<li id="look-a.fails-crm"',
    '<li id="look-a.errs-crm"',
    '<li id="look-a.old-crm"',
    '<li id="look-a.worries-crm"',
  ])
})

test('what a check measured stands in the order of the check, not in that of what was stored', async () => {
  const gauges = {
    under5m: gauge(sessionsByAge, { age: 'under_5m' }),
    over7d: gauge(sessionsByAge, { age: 'over_7d' }),
  }
  const verdict = { state: 'pass', values: { over7d: 2, under5m: 1 } } as const
  const shown = {
    checks: [pageCheck('a.counts', { gauges })],
    targetsOf: () => ['crm'],
    results: [stored({ check: 'a.counts', startedAt: Date.now(), verdict })],
  }
  await using server = await serveChecks({ shown })
  expect(await htmlOf(server)).toMatch(/>1 <i>under5m<\/i><\/span> <span class="gauge">2 <i>over7d</)
})

test('the page needs nothing but the worker, and holds no script or style of its own', async () => {
  await using server = await serveChecks({ shown: { checks, targetsOf: () => ['crm'], results: [] } })
  const page = await htmlOf(server)
  expect(page).not.toMatch(/<style|<img|<iframe| on\w+=| style=|@import|<script(?! src="assets\/)/i)
  const addresses = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address ?? '')
  expect(addresses.filter((address) => /^(\w+:|\/)/.test(address))).toEqual(['data:,'])
  const assets = addresses.filter((address) => address.startsWith('assets/'))
  expect(assets).toHaveLength(2)
  for (const address of assets) {
    const asset = await fetch(`${server.url}/${address}`)
    expect(asset.headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/)
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await asset.text()).not.toMatch(/https?:|url\(|@import/)
  }
})

const probe = (id: CheckId, scope: 'server' | 'fleet') => pageCheck(id, { kind: 'probe', scope })

test('probes are a matrix of servers, with the reason of a failure; secrets are told apart from what is not known', async () => {
  const now = Date.now()
  const shown = {
    checks: [
      probe('secret.auth_differs', 'server'),
      probe('attestation.secret_mismatch', 'fleet'),
      probe('secret.extension_differs', 'server'),
    ],
    targetsOf: ({ scope }: { readonly scope?: 'server' | 'fleet' }) =>
      scope === 'fleet' ? ['fleet'] : ['crm-a', 'crm-b', 'crm-c'],
    results: [
      stored({ check: 'secret.auth_differs', target: 'crm-a', startedAt: now, verdict: passed }),
      stored({
        ...{ check: 'secret.auth_differs', target: 'crm-b', startedAt: now },
        verdict: failing('critical', 'wrong_secret'),
      }),
      stored({ check: 'secret.auth_differs', target: 'crm-c', startedAt: now - 3_600_000, verdict: passed }),
      stored({
        ...{ check: 'attestation.secret_mismatch', target: 'fleet', startedAt: now },
        verdict: {
          state: 'pass',
          values: {
            [matrixKey({ secret: 'auth', server: 'crm-a' })]: 0,
            [matrixKey({ secret: 'auth', server: 'crm-b' })]: 1,
          },
        },
      }),
      ...['crm-a', 'crm-b', 'crm-c'].map((target) =>
        stored({
          ...{ check: 'secret.extension_differs' as const, target, startedAt: now },
          verdict: { state: 'skipped', reason: 'no extension route' },
        }),
      ),
    ],
  } as const
  await using server = await serveChecks({ shown })
  const page = (await htmlOf(server)).replaceAll('<wbr>', '')
  const cells = (row: RegExp) =>
    [...(row.exec(page)?.[0] ?? '').matchAll(/<td class="(\w+)"[^>]*>(.*?)<\/td>/g)].map(
      ([, gravity, text = '']) => `${gravity}: ${text.replace(/<[^>]+>/g, '')}`,
    )
  expect(cells(/<tr id="probe-secret\.auth_differs">.*?<\/tr>/s)).toEqual([
    'pass: ✓pass',
    'critical: ✗ wrong_secret critical',
    'stale: ! stale stale',
  ])
  expect(
    cells(/<tr><th scope="row"><code>BETTER_AUTH_SECRET<\/code>[^<]*<span[^>]*>by a forged.*?<\/tr>/s),
  ).toEqual(['pass: ✓ agrees', 'critical: ✗ differs', 'stale: ? unknown'])
  expect(
    cells(/<tr><th scope="row"><code>BETTER_AUTH_SECRET<\/code>[^<]*<span[^>]*>attested.*?<\/tr>/s),
  ).toEqual(['pass: ✓ agrees', 'critical: ✗ differs', 'stale: ? unknown'])
  expect(page).toMatch(/EXTENSION_TOKEN_SECRET<\/code> by a token, .*not asked, no extension route/)
})

test('the probes that tell of secrets exist', () => {
  const known = new Set(catalogue.map(({ id }) => id))
  expect(PROOFS.filter(({ check }) => !known.has(check))).toEqual([])
})

test('events are told by operation, with the reasons of failures, and not before they are known', async () => {
  await using off = await serveChecks({ shown: nothing })
  expect(await htmlOf(off)).toContain('<code>AUTHWATCH_INGEST_TOKEN</code> is not set')
  await using unread = await serveChecks({ shown: nothing, pages: { events: () => ({ taken: true }) } })
  expect(await htmlOf(unread)).toContain('The totals were not read yet.')

  const signIn = {
    operation: 'sign_in_email',
    counts: { success: 10, rejected: 5, error: 1 },
    reasons: [
      { reason: 'invalid_credentials', count: 5 },
      { reason: 'server_error', count: 1 },
    ],
    failuresByMinute: [0, 4, 2],
  }
  const activity = {
    ...{ since: Date.now() - 600_000, operations: [signIn] },
    servers: [{ server: 'crm-a', dropped: 7 }],
  }
  const events = () => ({ taken: true as const, activity })
  await using server = await serveChecks({ shown: nothing, pages: { events } })
  const page = await htmlOf(server)
  expect(page).toContain('In the last 10 min, as reported by crm-a. 7 events were given up')
  expect(page).toMatch(/5 <i>invalid_credentials<\/i>.*1 <i>server_error<\/i>/s)
  expect(page).toContain('Failures of sign_in_email by minute, 4 at most')
})

test('whatever a value holds, it stays text', async () => {
  const hostile = `"><script>alert('x')</script>&amp;<img src=x onerror=y>`
  const check = pageCheck('a.fails', { title: hostile })
  const verdict = { ...failing('critical', hostile), summary: hostile }
  const results = [stored({ check: 'a.fails', target: hostile, startedAt: Date.now(), verdict })]
  const finding = {
    ...{ key: hostile, check: 'a.fails' as const, target: hostile, reopened: 0, resolvedAt: null },
    ...{ firstSeen: Date.now(), lastSeen: Date.now(), detail: { [hostile]: hostile } },
  }
  await using server = await serveChecks({
    shown: { checks: [check, probe('a.probes', 'server')], targetsOf: () => [hostile], results },
    notReady: [hostile],
    pages: { findings: async () => [finding] },
  })
  for (const path of ['/', '/checks/a.fails', '/checks/a.probes']) {
    const page = await htmlOf(server, path)
    expect(page).toContain(
      '&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;&lt;img src=x onerror=y&gt;',
    )
    expect(page.match(/<script[^>]*>/g)).toEqual([
      expect.stringMatching(/^<script src="(\.\.\/)?assets\/[^"]+" defer>$/),
    ])
    expect(page).not.toContain('<img')
  }
})

test('without checks the page says so', async () => {
  await using server = await serveChecks({ shown: nothing })
  expect(await htmlOf(server)).toContain('<h1>No checks are enabled</h1>')
})
