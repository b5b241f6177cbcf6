import { html } from 'hono/html'
import { needsLook, type StatusRow } from '../status-rows.ts'
import { checkLink } from './check-link.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import { ago, lasting } from './time.ts'
import { verdictBadge } from './verdict-badge.ts'

const MOST = 50

/** What a person should look at, the worst first. */
export function attention(rows: readonly StatusRow[], now: number): Html {
  const open = rows.filter(needsLook)
  if (open.length === 0) return html``
  const more = open.length - MOST
  return html`<section aria-labelledby="attention">
<h2 id="attention">Look at</h2>
<ul class="attention">
${open.slice(0, MOST).map((row) => item(row, now))}
</ul>
${more > 0 ? html`<p class="quiet">and ${numberText(more)} more, below</p>` : ''}
</section>
`
}

function item(row: StatusRow, now: number): Html {
  const { id, target, gravity, check, detail, since, lastRunAt, offenders } = row
  const count = offenders === null || offenders === 0 ? '' : html` <b>${numberText(offenders)}</b>`
  return html`<li id="look-${id}-${target}" class="edge ${gravity}">${verdictBadge(gravity)}
<span class="what">${checkLink(id)} <span class="target">${target}</span>${count}
<span class="says">${detail ?? check.title}</span></span>
<span class="when">${since === null ? '' : html`for ${lasting(since, now)}`}${
    lastRunAt === null ? '' : html`<span class="quiet">, looked ${ago(lastRunAt, now)}</span>`
  }</span></li>
`
}
