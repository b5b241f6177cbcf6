import { html } from 'hono/html'
import type { Gauge } from '../../catalogue/check.ts'
import { matrixCells } from '../../catalogue/matrix.ts'
import type { StatusRow } from '../status-rows.ts'
import type { Html } from './html.ts'
import { measureText } from './measure-text.ts'
import { numberText } from './number-text.ts'

const MOST_ROWS = 200

interface Measurement {
  readonly target: string
  readonly name: string
  readonly value: number | null
  /** Absent: a number of a matrix. */
  readonly gauge?: Gauge | undefined
}

/** The numbers of the last run on each target, beside the offenders. */
export function measured(rows: readonly StatusRow[]): Html {
  const all = rows.flatMap(measurements)
  if (all.length === 0) return html``
  const more = all.length - MOST_ROWS
  return html`<section aria-labelledby="measured">
<h2 id="measured">Measured</h2>
<table class="measured" aria-labelledby="measured">
<thead><tr><th scope="col">On</th><th scope="col">What</th><th scope="col" class="number">Value</th></tr></thead>
<tbody>
${all.slice(0, MOST_ROWS).map(
  ({ target, name, value, gauge }) =>
    html`<tr><td>${target}</td><th scope="row">${name}</th><td class="number">${
      value === null ? html`<span class="quiet">nothing to measure</span>` : measureText(value, gauge)
    }</td></tr>
`,
)}
</tbody>
</table>
${more > 0 ? html`<p class="quiet">and ${numberText(more)} more: <code>/metrics</code> has them</p>` : ''}
</section>
`
}

function measurements({ check, target, verdict }: StatusRow): readonly Measurement[] {
  if (verdict === undefined || !('values' in verdict)) return []
  const { values } = verdict
  const gauges = Object.entries(check.gauges ?? {}).flatMap(([name, gauge]) => {
    const value = values[name]
    return value === undefined ? [] : [{ target, name, value, gauge }]
  })
  const cells = matrixCells(values).map(({ labels, value }) => ({
    target,
    name: Object.entries(labels)
      .map(([label, text]) => `${label} ${text}`)
      .join(', '),
    value,
  }))
  return [...gauges, ...cells]
}
