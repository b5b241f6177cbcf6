import { html } from 'hono/html'
import type { StatusRow } from '../status-rows.ts'
import { needsLook } from '../status-rows.ts'
import { checkLink } from './check-link.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import { SIGNS } from './verdict-badge.ts'

/** More columns than anybody compares; servers with trouble are never among those left out before all others. */
const MOST_SERVERS = 40

/**
 * A row for each probe, a column for each server. What looks at all servers at once has a column of its own, and what
 * is not asked of a place leaves its cell empty.
 */
export function probeMatrix(rows: readonly StatusRow[]): Html {
  if (rows.length === 0) return html``
  const servers = placesOf(rows, 'server')
  const shown = servers.slice(0, MOST_SERVERS)
  const left = servers.length - shown.length
  const columns = [...shown.toSorted(), ...placesOf(rows, 'fleet')]
  const byPlace = new Map(rows.map((row) => [`${row.id} ${row.target}`, row]))
  const probes = [...new Set(rows.map(({ id }) => id))]
  return html`<section aria-labelledby="servers">
<h2 id="servers">Servers</h2>
<div class="scroll" role="group" aria-label="Table of servers" tabindex="0">
<table class="matrix" aria-labelledby="servers">
<thead><tr><th scope="col">Probe</th>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${probes.map(
  (id) => html`<tr id="probe-${id}"><th scope="row">${checkLink(id)}</th>${columns.map((column) =>
    cell(byPlace.get(`${id} ${column}`)),
  )}</tr>
`,
)}
</tbody>
</table>
</div>
<p class="quiet key">${keyOf(rows)}${left > 0 ? html` ${numberText(left)} more servers are not shown; none has worse trouble.` : ''}</p>
</section>
`
}

/** In the order of the rows: that of the worst first. */
function placesOf(rows: readonly StatusRow[], scope: 'server' | 'fleet'): readonly string[] {
  return [
    ...new Set(rows.flatMap(({ check, target }) => ((check.scope ?? 'server') === scope ? target : []))),
  ]
}

function cell(row: StatusRow | undefined): Html {
  if (row === undefined) return html`<td></td>`
  const { gravity, verdict } = row
  const { sign, word } = SIGNS[gravity]
  const mark = html`<span aria-hidden="true">${sign}</span>`
  if (!needsLook(row)) return html`<td class="${gravity}">${mark}<span class="unseen">${word}</span></td>`
  return html`<td class="${gravity}">${mark} ${reasonOf(verdict) ?? word}<span class="unseen"> ${word}</span></td>`
}

/** The first thing that went wrong, as its probe names it. */
function reasonOf(verdict: StatusRow['verdict']): string | undefined {
  if (verdict?.state === 'error') return verdict.code === 'ERR_STALE' ? undefined : verdict.code
  if (verdict?.state !== 'fail') return undefined
  const [first, ...more] = verdict.findings
  const reason = first?.detail.reason
  if (reason === undefined || reason === null) return undefined
  return more.length === 0 ? reason : `${reason} +${more.length}`
}

function keyOf(rows: readonly StatusRow[]): Html {
  const met = [...new Set(rows.map(({ gravity }) => SIGNS[gravity]))]
  const signs = new Map(met.map(({ sign, word }) => [sign, sign === '✗' ? 'fail' : word]))
  return html`${[...signs].map(([sign, word]) => `${sign} ${word}`).join('   ')}`
}
