import { expect, test } from 'vitest'
import { alertName } from '../../../src/catalogue/naming.ts'
import { catalogue } from '../../../src/commands/catalogue.ts'
import type { PageSources } from '../../../src/http/pages/page-sources.ts'
import type { StoredFinding } from '../../../src/results/stored-result.ts'
import { passed, stored } from '../../metrics/stored.ts'
import { serveChecks } from '../serve-checks.ts'

const ID = 'api_key.revoked_in_use'

const finding = (key: string, now: number, resolvedAt: number | null): StoredFinding => ({
  ...{ check: ID, target: 'crm', key, firstSeen: now - 7_200_000, lastSeen: now - 5_000, resolvedAt },
  ...{ reopened: 0, detail: { id: key, referenceId: `owner of ${key}`, lastRequest: null } },
})

const shownAt = (now: number) => ({
  checks: catalogue,
  targetsOf: () => ['crm'],
  results: [
    stored({
      ...{ check: ID, startedAt: now - 5_000 },
      verdict: {
        ...{ state: 'fail', severity: 'critical', summary: 'A revoked key works', values: { offenders: 2 } },
        findings: [finding('of-the-last-run', now, null)],
      },
    }),
  ],
})

const htmlOf = async (server: { readonly url: string }, id: string): Promise<string> =>
  (await fetch(`${server.url}/checks/${id}`)).text()

test('the page of a check has its verdict, offenders with their life, the commands and the runbook', async () => {
  const now = Date.now()
  const findings = async () => [finding('gone', now, now - 60_000), finding('still', now, null)]
  await using server = await serveChecks({ shown: shownAt(now), pages: { findings } })
  const page = await htmlOf(server, ID)
  expect(page).toContain(`<title>${ID} · authwatch</title>`)
  expect(page).toContain('A revoked key works')
  expect(page).toContain('npx authwatch diagnose alert AuthwatchApiKeyRevokedInUse ')
  expect(page).toContain('<i>referenceId</i> owner of still')
  expect(page).toContain('<i>lastRequest</i> null')
  // What offends now comes first, though it was not told first.
  expect(page.indexOf('<code>still</code>')).toBeLessThan(page.indexOf('<code>gone</code>'))
  expect(page).toContain('<strong>critical</strong>: recent above 0; told after 20m')
  expect(page).toContain('<strong>Meaning.</strong>')
})

test('what is measured in seconds is told as a length of time, as is what it may be', async () => {
  const shown = {
    checks: catalogue,
    targetsOf: () => ['crm-a'],
    results: [
      stored({
        ...{ check: 'tls.expiring', target: 'crm-a', startedAt: Date.now() },
        verdict: { state: 'pass', values: { offenders: 0, remaining: 30 * 86_400 } },
      }),
    ],
  }
  await using server = await serveChecks({ shown })
  const page = await htmlOf(server, 'tls.expiring')
  expect(page).toContain('<td>crm-a</td><th scope="row">remaining</th><td class="number">30 d</td>')
  expect(page).toContain('<strong>warning</strong>: remaining below 14 d; told after 1h')
  expect(page).toContain('<strong>critical</strong>: remaining below 3 d; told after 5m')
})

test('an offender that is waived comes after the others, with who decided it, why and until when', async () => {
  const now = Date.now()
  const findings = async () => [finding('lived-with', now, null), finding('still', now, null)]
  const until = Date.parse('2030-01-31T12:00:00Z')
  const waiver = { by: 'ana', reason: 'moved <next> week', until }
  const waiverOf: PageSources['waiverOf'] = ({ check, target, key }) =>
    check === ID && target === 'crm' && key === 'lived-with' ? waiver : undefined
  await using open = await serveChecks({ shown: shownAt(now), pages: { findings } })
  expect(await htmlOf(open, ID)).not.toContain('waived until')
  await using server = await serveChecks({ shown: shownAt(now), pages: { findings, waiverOf } })
  const page = await htmlOf(server, ID)
  const [before = '', after = ''] = page.split('<code>lived-with</code>')
  expect(before).toContain('<code>still</code>')
  expect(before).not.toContain('waived until')
  expect(after).toMatch(/^<span class="quiet">waived until <time datetime="2030-01-31T12:00:00.000Z">/)
  expect(after).toContain(' by ana: moved &lt;next&gt; week</span>')
})

test('when the state does not answer, the last run speaks, and the page says so', async () => {
  const findings = () => Promise.reject(new Error('connect postgres://user:hunter2@db'))
  await using server = await serveChecks({ shown: shownAt(Date.now()), pages: { findings } })
  const page = await htmlOf(server, ID)
  expect(page).toContain('The state database does not answer.')
  expect(page).toContain('<code>of-the-last-run</code>')
  expect(page).not.toContain('hunter2')
})

test('every check has a page with a section of the runbook, and an unknown one has none', async () => {
  const results = catalogue.map(({ id }) => stored({ check: id, startedAt: Date.now(), verdict: passed }))
  await using server = await serveChecks({ shown: { ...shownAt(Date.now()), results } })
  for (const { id } of catalogue) {
    const answer = await fetch(`${server.url}/checks/${id}`)
    const page = await answer.text()
    expect([id, answer.status]).toEqual([id, 200])
    expect(page).toContain(alertName(id))
    expect(page).toContain('<strong>Meaning.</strong>')
  }
  expect(await htmlOf(server, 'server.not_answering')).toContain('>every 30s<')
  expect(await htmlOf(server, 'api_access.canary_refused')).toContain('>every 6h, 5m while it fails<')
  const missing = await fetch(`${server.url}/checks/no.such_check`)
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8'])
  const said = await missing.text()
  expect(said).toContain('<h1>No such check</h1>')
  // A name is the client's to choose.
  expect(said).not.toContain('no.such_check')
})
