import { html } from 'hono/html'
import { conditionsOf } from '../../catalogue/check.ts'
import { groupBy } from '../../catalogue/group-by.ts'
import { howOften } from '../../catalogue/look-again.ts'
import { alertName } from '../../catalogue/naming.ts'
import type { Runbook } from '../runbook.ts'
import { type StatusRow, worstOf } from '../status-rows.ts'
import { type FindingsTable, findingsTable } from './findings-table.ts'
import type { Html } from './html.ts'
import { markdown } from './markdown.ts'
import { measureText } from './measure-text.ts'
import { measured } from './measured.ts'
import { numberText } from './number-text.ts'
import type { PageCheck, PageSources } from './page-sources.ts'
import { runbookLinks } from './runbook-page.ts'
import { runSparkline } from './sparkline.ts'
import { tableHead } from './table-head.ts'
import { absolute, ago, ahead, lasting, tookText } from './time.ts'
import { verdictBadge } from './verdict-badge.ts'

export interface CheckPage extends Pick<PageSources, 'history' | 'nextRunAt'>, FindingsTable {
  readonly check: PageCheck
  /** This check's, on every target. */
  readonly rows: readonly StatusRow[]
  readonly runbook: Runbook
}

/** One check on all its targets: verdicts, offenders, numbers, and what to do. */
export function checkPage(page: CheckPage): Html {
  const { check, rows, runbook } = page
  const worst = worstOf(rows)
  const section = runbook.section(check.id)
  return html`<nav aria-label="Way back"><a href="../">All checks</a></nav>
<h1>${worst === undefined ? '' : verdictBadge(worst)} ${check.id}</h1>
<p class="lead"><span class="quiet">Watches for:</span> ${check.title}</p>
${verdicts(page)}
${commands(check)}
${findingsTable(page)}
${measured(rows)}
<section aria-labelledby="conditions">
<h2 id="conditions">Fails when</h2>
${conditions(check)}
</section>
<section aria-labelledby="runbook" class="runbook">
<h2 id="runbook">Runbook</h2>
${section === undefined ? html`<p>The runbook has no section for it.</p>` : markdown(section, runbookLinks('../runbook'))}
</section>`
}

const MOST_TARGETS = 100
const COLUMNS = ['On', 'Verdict', 'Number', 'Since', 'Looked', 'Last success', 'Next', 'Runs'] as const

function verdicts(page: CheckPage): Html {
  const { rows } = page
  if (rows.length === 0)
    return html`<p>It has nothing to look at: no server or database is configured for it.</p>`
  const more = rows.length - MOST_TARGETS
  return html`<section aria-labelledby="verdicts">
<h2 id="verdicts" class="unseen">Verdicts</h2>
<table role="table" class="checks" aria-labelledby="verdicts">
${tableHead(COLUMNS)}
<tbody role="rowgroup">
${rows.slice(0, MOST_TARGETS).map((row) => verdictRow(row, page))}
</tbody>
</table>
${more > 0 ? html`<p class="quiet">and ${numberText(more)} more, none worse than these</p>` : ''}
</section>
`
}

function verdictRow(row: StatusRow, { history, nextRunAt, now }: CheckPage): Html {
  const { id, target, gravity, detail, offenders, since, lastRunAt, lastSuccessAt, tookMs } = row
  const place = { check: id, target }
  return html`<tr role="row" id="on-${target}">
<th scope="row" role="rowheader" class="edge ${gravity}">${target}${detail === null ? '' : html`<span class="quiet">${detail}</span>`}</th>
<td role="cell" data-label="Verdict" class="badged">${verdictBadge(gravity)}</td>
<td role="cell" data-label="Number" class="number">${offenders === null ? html`<span class="quiet">none</span>` : numberText(offenders)}</td>
<td role="cell" data-label="Since">${since === null ? '' : html`${absolute(since)} <span class="quiet">${lasting(since, now)}</span>`}</td>
<td role="cell" data-label="Looked" class="time">${
    lastRunAt === null
      ? 'never'
      : html`${ago(lastRunAt, now)} <span class="quiet">took ${tookText(tookMs ?? 0)}</span>`
  }</td>
<td role="cell" data-label="Last success" class="time">${lastSuccessAt === null ? 'never' : ago(lastSuccessAt, now)}</td>
<td role="cell" data-label="Next" class="time">${ahead(nextRunAt(place), now)} <span class="quiet">${howOften(row.check.every)}</span></td>
<td role="cell" data-label="Runs" class="runs">${runSparkline(history(place))}</td>
</tr>
`
}

function commands({ id }: PageCheck): Html {
  return html`<section aria-labelledby="commands">
<h2 id="commands">Find out more</h2>
<pre tabindex="0"><code>npx authwatch diagnose alert ${alertName(id)}   # the causes, looked at in order
npx authwatch check ${id}   # looks now, without queue or state
npx authwatch findings --check ${id} --all   # since when each offender is known</code></pre>
</section>
`
}

function conditions(check: PageCheck): Html {
  if ('none' in check.alerts) return html`<p>Never: ${check.alerts.none}</p>`
  const bySeverity = groupBy(conditionsOf({ ...check }), ({ severity }) => severity)
  return html`<ul>${[...bySeverity].flatMap(([severity, same]) =>
    same.map(
      ({ when, for: lasts, summary }) => html`<li><strong>${severity}</strong>: ${when
        .map(
          ({ metric, is, threshold }) => `${metric} ${is} ${measureText(threshold, check.gauges?.[metric])}`,
        )
        .join(' and ')}; told after ${lasts}: “${summary}”</li>
`,
    ),
  )}</ul>
<p class="quiet">Alert <code>${alertName(check.id)}</code>. A run may take ${check.timeout}.</p>`
}
