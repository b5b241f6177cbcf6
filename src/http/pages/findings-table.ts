import { html } from 'hono/html'
import type { StoredFinding } from '../../results/stored-result.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import { tableHead } from './table-head.ts'
import { absolute, ago, lasting } from './time.ts'

const MOST_ROWS = 100

export interface FindingsTable {
  readonly findings: readonly StoredFinding[]
  /** Why these are not all that is known; null when they are. */
  readonly remark: string | null
  readonly now: number
}

/** Offenders with their life: those of now first. Their columns were chosen and redacted where they were read. */
export function findingsTable({ findings, remark, now }: FindingsTable): Html {
  const open = findings.filter(({ resolvedAt }) => resolvedAt === null)
  const rows = [...open, ...findings.filter(({ resolvedAt }) => resolvedAt !== null)]
  const more = rows.length - MOST_ROWS
  return html`<section aria-labelledby="findings">
<h2 id="findings">Offenders</h2>
${remark === null ? '' : html`<p class="warning">${remark}</p>`}
${rows.length === 0 ? html`<p class="quiet">None is known.</p>` : table(rows.slice(0, MOST_ROWS), now)}
${more > 0 ? html`<p class="quiet">and ${numberText(more)} more: <code>authwatch findings</code> lists them</p>` : ''}
</section>
`
}

const COLUMNS = ['Row', 'On', 'First seen', 'Last seen', 'Details'] as const

function table(rows: readonly StoredFinding[], now: number): Html {
  return html`<table role="table" class="findings" aria-labelledby="findings">
${tableHead(COLUMNS)}
<tbody role="rowgroup">
${rows.map((row) => tableRow(row, now))}
</tbody>
</table>
`
}

function tableRow(finding: StoredFinding, now: number): Html {
  const { key, target, detail, firstSeen, lastSeen, resolvedAt, reopened } = finding
  const facts = Object.entries(detail).filter(([name, value]) => !(name === 'id' && value === key))
  return html`<tr role="row" class="${resolvedAt === null ? '' : 'resolved'}">
<th scope="row" role="rowheader"><code>${key}</code>${
    resolvedAt === null ? '' : html`<span class="quiet">resolved ${ago(resolvedAt, now)}</span>`
  }${reopened > 0 ? html`<span class="quiet">came back ${numberText(reopened)} times</span>` : ''}</th>
<td role="cell" data-label="On">${target}</td>
<td role="cell" data-label="First seen">${absolute(firstSeen)} <span class="quiet">${lasting(firstSeen, now)} ago</span></td>
<td role="cell" data-label="Last seen" class="time">${ago(lastSeen, now)}</td>
<td role="cell" data-label="Details" class="details">${facts.map(
    ([name, value]) => html`<span class="gauge"><i>${name}</i> ${value ?? 'null'}</span> `,
  )}</td>
</tr>
`
}
