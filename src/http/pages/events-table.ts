import { html } from 'hono/html'
import { type OperationActivity, WINDOW_MINUTES } from '../event-window.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import type { EventsView } from './page-sources.ts'
import { countSparkline } from './sparkline.ts'
import { tableHead } from './table-head.ts'
import { lengthText } from './time.ts'

const MOST_REASONS = 4
const MOST_SERVERS = 40

/** What real users met lately, over all servers. */
export function eventsTable(events: EventsView, now: number): Html {
  return html`<section aria-labelledby="events">
<h2 id="events">Authentication events</h2>
${content(events, now)}
</section>
`
}

function content(events: EventsView, now: number): Html {
  if (!events.taken) {
    return html`<p class="quiet">No server reports here: <code>AUTHWATCH_INGEST_TOKEN</code> is not set.</p>`
  }
  const { activity } = events
  if (activity === undefined) return html`<p class="quiet">The totals were not read yet.</p>`
  const { since, operations, servers } = activity
  if (servers.length === 0) return html`<p class="quiet">No server has reported yet.</p>`
  const length = lengthText(now - since)
  const dropped = servers.reduce((sum, each) => sum + each.dropped, 0)
  return html`<p class="quiet">In the last ${length}, as reported by ${serverNames(servers)}.${
    dropped > 0 ? ` ${numberText(dropped)} events were given up by the servers and are not counted.` : ''
  }</p>
${operations.length === 0 ? html`<p>No event.</p>` : table(operations)}
`
}

function serverNames(servers: readonly { readonly server: string }[]): string {
  const names = servers.slice(0, MOST_SERVERS).map(({ server }) => server)
  const more = servers.length - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.toSorted().join(', ')
}

const COLUMNS = ['Operation', 'Success', 'Rejected', 'Error', 'Failures by reason', 'By minute'] as const

function table(operations: readonly OperationActivity[]): Html {
  return html`<table role="table" class="events" aria-labelledby="events">
${tableHead(COLUMNS)}
<tbody role="rowgroup">
${operations.map(tableRow)}
</tbody>
</table>
`
}

function tableRow({ operation, counts, reasons, failuresByMinute }: OperationActivity): Html {
  const { success, rejected, error } = counts
  const shown = reasons.slice(0, MOST_REASONS)
  const more = reasons.length - shown.length
  const most = Math.max(0, ...failuresByMinute)
  const label = `Failures of ${operation} by minute, ${numberText(most)} at most`
  return html`<tr role="row" id="operation-${operation}">
<th scope="row" role="rowheader">${operation}</th>
<td role="cell" data-label="Success" class="number">${numberText(success)}</td>
<td role="cell" data-label="Rejected" class="number">${numberText(rejected)}</td>
<td role="cell" data-label="Error" class="number ${error > 0 ? 'critical' : ''}">${numberText(error)}</td>
<td role="cell" data-label="Failures by reason">${shown.map(
    ({ reason, count }) => html`<span class="gauge">${numberText(count)} <i>${reason}</i></span> `,
  )}${more > 0 ? html`<span class="quiet">and ${more} more</span>` : ''}${reasons.length === 0 ? html`<span class="quiet">none</span>` : ''}</td>
<td role="cell" data-label="By minute" class="runs">${countSparkline({
    counts: failuresByMinute,
    slots: WINDOW_MINUTES,
    label,
  })}</td>
</tr>
`
}
