import { html } from 'hono/html'
import { bySubject, type StatusRow } from '../status-rows.ts'
import { checkLink } from './check-link.ts'
import type { Html } from './html.ts'
import { measureText } from './measure-text.ts'
import { numberText } from './number-text.ts'
import type { PageSources } from './page-sources.ts'
import { runSparkline } from './sparkline.ts'
import { tableHead } from './table-head.ts'
import { ago, ahead, lasting } from './time.ts'
import { verdictBadge } from './verdict-badge.ts'

/** Ten databases with every check; more are told in words. */
const MOST_ROWS = 400

export interface ChecksTable extends Pick<PageSources, 'history' | 'nextRunAt'> {
  readonly rows: readonly StatusRow[]
  readonly now: number
}

const COLUMNS = ['Check', 'Verdict', 'Says', 'Number', 'Since', 'Looked', 'Next', 'Runs'] as const

/**
 * The checks of the databases by subject, the worst first. The roles repeat what the elements mean, because a table
 * that a narrow screen shows as blocks loses it in some browsers.
 */
export function checksTable(options: ChecksTable): Html {
  const { rows } = options
  if (rows.length === 0) return html``
  const several = new Set(rows.map(({ target }) => target)).size > 1
  const left = rows.length - MOST_ROWS
  const subjects = [...bySubject(rows.slice(0, MOST_ROWS))]
  return html`<section aria-labelledby="checks">
<h2 id="checks">Checks of the database</h2>
<table role="table" class="checks" aria-labelledby="checks">
${tableHead(COLUMNS)}
${subjects.map(
  ([subject, own]) => html`<tbody role="rowgroup" id="subject-${subject}">
<tr role="row" class="subject"><th role="rowheader" scope="rowgroup" colspan="${COLUMNS.length}">${subject}</th></tr>
${own.map((row) => tableRow(row, several, options))}
</tbody>
`,
)}
</table>
${left > 0 ? html`<p class="quiet">and ${numberText(left)} more rows, none worse than these</p>` : ''}
</section>
`
}

function tableRow(row: StatusRow, several: boolean, { history, nextRunAt, now }: ChecksTable): Html {
  const { id, target, gravity, detail, offenders, since, lastRunAt } = row
  const place = { check: id, target }
  return html`<tr role="row" id="row-${id}-${target}">
<th scope="row" role="rowheader" class="edge ${gravity}">${checkLink(id)}${
    several ? html` <span class="target">${target}</span>` : ''
  }</th>
<td role="cell" data-label="Verdict" class="badged">${verdictBadge(gravity)}</td>
<td role="cell" data-label="Says" class="says">${detail ?? gauges(row)}</td>
<td role="cell" data-label="Number" class="number">${offenders === null ? '' : numberText(offenders)}</td>
<td role="cell" data-label="Since" class="time">${since === null ? '' : lasting(since, now)}</td>
<td role="cell" data-label="Looked" class="time">${lastRunAt === null ? 'never' : ago(lastRunAt, now)}</td>
<td role="cell" data-label="Next" class="time">${ahead(nextRunAt(place), now)}</td>
<td role="cell" data-label="Runs" class="runs">${runSparkline(history(place))}</td>
</tr>
`
}

const MOST_GAUGES = 5

/** Of a check that counts no offenders: what it measured, in its own order, which is not that of what was stored. */
function gauges({ check, offenders, verdict }: StatusRow): Html | string {
  if (offenders !== null || verdict === undefined || !('values' in verdict)) return ''
  const { values } = verdict
  const measured = Object.entries(check.gauges ?? {}).flatMap(([name, gauge]) => {
    const value = values[name]
    return value === undefined || value === null ? [] : [{ name, text: measureText(value, gauge) }]
  })
  return html`${measured
    .slice(0, MOST_GAUGES)
    .map(({ name, text }) => html`<span class="gauge">${text} <i>${name}</i></span> `)}`
}
