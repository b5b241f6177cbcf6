import { html } from 'hono/html'
import { plainText } from '../../catalogue/plain-text.ts'
import type { StoredFinding } from '../../results/stored-result.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import type { PageSources } from './page-sources.ts'
import { tableHead } from './table-head.ts'
import { absolute, ago, lasting } from './time.ts'

const MOST_ROWS = 100

export interface FindingsTable extends Pick<PageSources, 'waiverOf'> {
  readonly findings: readonly StoredFinding[]
  /** Why these are not all that is known; null when they are. */
  readonly remark: string | null
  readonly now: number
}

/** Offenders with their life: those of now first, and of these the waived ones last. Their columns were chosen and redacted where they were read. */
export function findingsTable({ findings, remark, now, waiverOf }: FindingsTable): Html {
  const shown = findings.map((finding) => ({ finding, waiver: waiverOf(finding) }))
  const rows = shown.toSorted((a, b) => rank(a) - rank(b))
  const more = rows.length - MOST_ROWS
  return html`<section aria-labelledby="findings">
<h2 id="findings">Offenders</h2>
${remark === null ? '' : html`<p class="warning">${remark}</p>`}
${rows.length === 0 ? html`<p class="quiet">None is known.</p>` : table(rows.slice(0, MOST_ROWS), now)}
${more > 0 ? html`<p class="quiet">and ${numberText(more)} more: <code>authwatch findings</code> lists them</p>` : ''}
</section>
`
}

interface Shown {
  readonly finding: StoredFinding
  readonly waiver: ReturnType<PageSources['waiverOf']>
}

function rank({ finding, waiver }: Shown): number {
  if (finding.resolvedAt !== null) return 2
  return waiver === undefined ? 0 : 1
}

const COLUMNS = ['Row', 'On', 'First seen', 'Last seen', 'Details'] as const

function table(rows: readonly Shown[], now: number): Html {
  return html`<table role="table" class="findings" aria-labelledby="findings">
${tableHead(COLUMNS)}
<tbody role="rowgroup">
${rows.map((row) => tableRow(row, now))}
</tbody>
</table>
`
}

function tableRow({ finding, waiver }: Shown, now: number): Html {
  const { key, target, detail, firstSeen, lastSeen, resolvedAt, reopened } = finding
  const facts = Object.entries(detail).filter(([name, value]) => !(name === 'id' && value === key))
  return html`<tr role="row" class="${resolvedAt === null ? '' : 'resolved'}">
<th scope="row" role="rowheader"><code>${key}</code>${
    resolvedAt === null ? '' : html`<span class="quiet">resolved ${ago(resolvedAt, now)}</span>`
  }${waiver === undefined ? '' : waivedText(waiver)}${reopened > 0 ? html`<span class="quiet">came back ${numberText(reopened)} times</span>` : ''}</th>
<td role="cell" data-label="On">${target}</td>
<td role="cell" data-label="First seen">${absolute(firstSeen)} <span class="quiet">${lasting(firstSeen, now)} ago</span></td>
<td role="cell" data-label="Last seen" class="time">${ago(lastSeen, now)}</td>
<td role="cell" data-label="Details" class="details">${facts.map(
    ([name, value]) => html`<span class="gauge"><i>${name}</i> ${value ?? 'null'}</span> `,
  )}</td>
</tr>
`
}

/** As `authwatch waive --list` has it: an offender in no number, and who decided that. */
function waivedText({ by, reason, until }: NonNullable<Shown['waiver']>): Html {
  return html`<span class="quiet">waived until ${absolute(until)} by ${plainText(by)}: ${plainText(reason)}</span>`
}
