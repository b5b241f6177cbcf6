import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { groupBy } from '../catalogue/group-by.ts'
import { runbookAnchor } from '../catalogue/naming.ts'
import { pageStyle } from './page-style.ts'
import type { RowState, StatusRow } from './status-rows.ts'

type Html = ReturnType<typeof html>

export interface StatusPage {
  readonly version: string
  readonly rows: readonly StatusRow[]
  /** Why this worker is not ready; empty when it is. */
  readonly notReady: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Address of the runbook, http or https; each check has a heading in it. */
  readonly runbook?: string
}

/** Source expression by which a content security policy admits the page's style sheet and no other. */
export function styleHash(): string {
  return `'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`
}

/** A whole document that needs nothing else: no script, no font, no image. */
export function renderStatusPage(page: StatusPage): Html {
  const { version, rows, notReady, now } = page
  const runbook = safeUrl(page.runbook)
  const targets = [...groupBy(rows, ({ target }) => target)]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titleOf(rows)}</title>
<link rel="icon" href="data:,">
<style>${raw(pageStyle)}</style>
</head>
<body>
<header>
<h1>authwatch <span class="quiet">${version}</span></h1>
<nav aria-label="This worker"><ul>
<li><a href="metrics">Metrics</a></li>
<li><a href="healthz">Health</a></li>
<li><a href="readyz">Readiness</a></li>
${runbook === undefined ? '' : html`<li><a href="${runbook}">Runbook</a></li>`}
</ul></nav>
</header>
<main>
<p>${summaryOf(rows)} As of ${time(now)}. Reload the page for a newer state.</p>
${notReady.length === 0 ? '' : html`<p><strong>This worker is not ready:</strong> ${notReady.join('; ')}.</p>`}
${targets.map(([target, own]) => table({ target, rows: own, now, runbook }))}
</main>
</body>
</html>
`
}

function titleOf(rows: readonly StatusRow[]): string {
  const failing = rows.filter(({ state }) => state === 'fail').length
  return failing === 0 ? 'authwatch' : `(${failing}) authwatch`
}

const SUMMARY: Readonly<Record<RowState, string>> = {
  fail: 'fail',
  error: 'could not look',
  waiting: 'have not run yet',
  skipped: 'do not apply',
  pass: 'pass',
}

function summaryOf(rows: readonly StatusRow[]): string {
  if (rows.length === 0) return 'No checks are enabled.'
  const counts = [...groupBy(rows, ({ state }) => state)].map(
    ([state, same]) => `${same.length} ${SUMMARY[state]}`,
  )
  return `Checks: ${counts.join(', ')}.`
}

interface Context {
  readonly now: number
  readonly runbook: string | undefined
}

interface Table extends Context {
  readonly target: string
  readonly rows: readonly StatusRow[]
}

/** The roles repeat what the elements mean, because a table shown as blocks loses it in some browsers. */
function table({ target, rows, ...context }: Table): Html {
  return html`<table role="table">
<caption>Target ${target}</caption>
<thead role="rowgroup"><tr role="row">
<th scope="col" role="columnheader">Check</th>
<th scope="col" role="columnheader">State</th>
<th scope="col" role="columnheader">Offenders</th>
<th scope="col" role="columnheader">Since</th>
<th scope="col" role="columnheader">Last run</th>
</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => tableRow(row, context))}
</tbody>
</table>
`
}

function tableRow(row: StatusRow, { now, runbook }: Context): Html {
  const heading = `${runbook}#${runbookAnchor(row.check)}`
  const name = runbook === undefined ? row.check : html`<a href="${heading}">${row.check}</a>`
  return html`<tr role="row">
<th scope="row" role="rowheader">${name}<span class="quiet">${row.title}</span></th>
<td role="cell" data-label="State"><span class="state ${row.state}">${row.state}</span>
${row.detail === null ? '' : html`<span class="quiet">${row.detail}</span>`}</td>
<td role="cell" data-label="Offenders" class="number">${row.offenders ?? 'not counted'}</td>
<td role="cell" data-label="Since" class="time">${row.since === null ? 'unknown' : time(row.since)}</td>
<td role="cell" data-label="Last run" class="time">${row.lastRunAt === null ? 'never' : age(row.lastRunAt, now)}</td>
</tr>
`
}

function time(at: number): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

const AGES = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
] as const

function age(at: number, now: number): Html {
  const passed = Math.max(0, now - at)
  const { unit, ms } = AGES.find((each) => passed >= 2 * each.ms) ?? { unit: 's', ms: 1000 }
  return html`<time datetime="${new Date(at).toISOString()}">${Math.floor(passed / ms)} ${unit} ago</time>`
}

/** Escaping does not make `javascript:` harmless. */
function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const { protocol, href } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? href : undefined
}
