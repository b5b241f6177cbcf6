import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StoredResult } from '../../../src/results/stored-result.ts'
import { passed, stored } from '../../metrics/stored.ts'
import { serveChecks } from '../serve-checks.ts'
import { openPage, overflow, seriousFaults, startBrowser } from './browser.ts'
import { type DemoWorker, startDemoWorker } from './demo-worker.ts'
import { pageCheck } from './page-sources.ts'

const opened: { browser?: Browser; worker?: DemoWorker } = {}

beforeAll(async () => {
  const browser = await startBrowser()
  if (browser === undefined) return
  opened.browser = browser
  opened.worker = await startDemoWorker()
}, 120_000)

afterAll(async () => {
  await opened.browser?.close()
  await opened.worker?.[Symbol.asyncDispose]()
}, 60_000)

const watched = test.extend<{ browser: Browser; worker: DemoWorker }>({
  browser: async ({ skip }, use) => {
    const { browser } = opened
    if (browser === undefined) return skip('there is no Chromium')
    await use(browser)
  },
  worker: async ({ skip }, use) => {
    const { worker } = opened
    if (worker === undefined) return skip('there is no Chromium')
    await use(worker)
  },
})

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'without script', javaScriptEnabled: false, viewport: { width: 360, height: 740 } },
] as const

const PAGES = [
  { path: '/', says: ['Servers', 'Secrets', 'Authentication events', 'Checks of the database'] },
  { path: '/checks/api_key.revoked_in_use', says: ['Offenders', 'Measured', 'Fails when', 'Runbook'] },
  { path: '/checks/attestation.secret_mismatch', says: ['crm-a', 'crm-b', 'Runbook'] },
  { path: '/runbook', says: ['AuthwatchApiKeyRevokedInUse'] },
] as const

watched.for(LOOKS)('every page is right in Chromium, %o', async ({ name, ...look }, { browser, worker }) => {
  for (const { path, says } of PAGES) {
    await using open = await openPage(browser, worker.url + path, look)
    const { page, complaints } = open
    const text = await page.locator('main').innerText()
    for (const words of says) expect(text).toContain(words)
    expect([path, await overflow(page)]).toEqual([path, 0])
    // The runbook is long, and its colours are those of the other pages.
    const isJudged = name === 'light' || (name !== 'without script' && path !== '/runbook')
    if (isJudged) expect([path, await seriousFaults(page)]).toEqual([path, []])
    expect([path, complaints]).toEqual([path, []])
  }
})

watched('the page shows what the worker found in the broken demo', async ({ browser, worker }) => {
  await using open = await openPage(browser, worker.url)
  const { page } = open
  const results = worker.latest.all()
  const failing = results.filter(({ verdict }) => verdict.state === 'fail')
  expect(failing.length).toBeGreaterThan(5)
  expect(await page.locator('ul.attention > li').count()).toBeGreaterThanOrEqual(failing.length)
  const rows = results.filter(({ target }) => target === 'crm')
  expect(await page.locator('table.checks tbody tr[id^="row-"]').count()).toBe(rows.length)
  // Both servers and the fleet.
  expect(await page.locator('#servers + .scroll thead th').allInnerTexts()).toEqual([
    ...['Probe', 'crm-a', 'crm-b', 'fleet'],
  ])
  expect(await page.locator('#secrets + .scroll td').allInnerTexts()).toEqual(Array(8).fill('✓ agrees'))
  await expect.poll(() => page.locator('#operation-sign_in_email').count(), { timeout: 15_000 }).toBe(1)

  await page.getByRole('link', { name: 'api_key.revoked_in_use' }).first().click()
  const [key] = failing.flatMap(({ check, verdict }) =>
    check === 'api_key.revoked_in_use' && verdict.state === 'fail' ? verdict.findings : [],
  )
  expect(await page.locator('table.findings').innerText()).toContain(key?.key)
})

const FAILED: StoredResult['verdict'] = {
  ...{ state: 'fail', severity: 'critical', summary: 'Bad', values: { offenders: 3 }, findings: [] },
}

const TOP = 'document.querySelector("#checks").getBoundingClientRect().top'

/** A page whose results a test changes while it is open. */
async function changing(browser: Browser) {
  const ids = ['a.one', 'a.two', 'a.three'] as const
  const results = ids.map((check) => stored({ check, startedAt: Date.now(), verdict: passed }))
  const shown = { checks: ids.map((id) => pageCheck(id)), targetsOf: () => ['crm'], results }
  const server = await serveChecks({ shown })
  const open = await openPage(browser, server.url, { viewport: { width: 800, height: 300 } })
  return { ...open, server, results }
}

watched('an open page follows the worker, and keeps focus, scroll and elements', async ({ browser }) => {
  const { page, server, results, complaints } = await changing(browser)
  await using _server = server
  await page.evaluate('globalThis.before = document.querySelector("#row-a\\\\.three-crm")')
  await page.getByRole('link', { name: 'a.three' }).focus()
  await page.evaluate('scrollTo(0, 120)')
  const top = await page.evaluate<number>(TOP)
  results[2] = stored({ check: 'a.three', startedAt: Date.now(), verdict: FAILED })
  await page.locator('#row-a\\.three-crm .badge.critical').waitFor()
  expect(await page.locator('tr[id^="row-"]').first().getAttribute('id')).toBe('row-a.three-crm')
  expect(await page.title()).toBe('(1) authwatch')
  expect(await page.evaluate('globalThis.before === document.querySelector("#row-a\\\\.three-crm")')).toBe(
    true,
  )
  expect(await page.evaluate('document.activeElement.textContent')).toBe('a.three')
  // What was read stays where it was, though much was put above it.
  expect(Math.abs((await page.evaluate<number>(TOP)) - top)).toBeLessThan(3)
  expect(complaints).toEqual([])
  await page.context().close()
})

watched('a page whose worker is gone, or that is paused, says so and shows no green', async ({ browser }) => {
  const { page, server } = await changing(browser)
  await page.clock.install()
  await page.reload()
  const old = page.getByRole('alert')
  await page.clock.fastForward(60_000)
  await expect.poll(() => old.isVisible()).toBe(false)

  await page.getByRole('button', { name: 'Pause updates' }).click()
  await page.clock.fastForward(60_000)
  await expect
    .poll(() => old.innerText())
    .toMatch(/^Updates are paused\. What is below is of \d\d:\d\d:\d\d UTC\.$/)
  await page.getByRole('button', { name: 'Resume updates' }).click()
  await expect.poll(() => old.isVisible()).toBe(false)

  await server[Symbol.asyncDispose]()
  await page.clock.fastForward(60_000)
  await expect.poll(() => old.innerText()).toContain('The worker does not answer.')
  expect(await page.evaluate('getComputedStyle(document.querySelector("main")).filter')).toBe('grayscale(1)')
  await page.context().close()
})

watched(
  'the keyboard reaches the content first, and everything that scrolls',
  async ({ browser, worker }) => {
    const look = { viewport: { width: 360, height: 740 } }
    await using open = await openPage(browser, `${worker.url}/checks/jwks.differs`, look)
    const { page } = open
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main')
    const unreachable = `[...document.querySelectorAll('pre, .scroll')].filter((each) => each.tabIndex !== 0).length`
    expect(await page.evaluate(unreachable)).toBe(0)
  },
)
