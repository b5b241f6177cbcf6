import { html } from 'hono/html'
import type { Html } from './html.ts'

/** Columns of numbers: their heads stand where the numbers do. */
const NUMBERS: ReadonlySet<string> = new Set(['Number', 'Success', 'Rejected', 'Error'])

/** The roles repeat what the elements mean: a table that a narrow screen shows as blocks loses it in some browsers. */
export function tableHead(columns: readonly string[]): Html {
  const cells = columns.map(
    (name) =>
      html`<th scope="col" role="columnheader" class="${NUMBERS.has(name) ? 'number' : ''}">${name}</th>`,
  )
  return html`<thead role="rowgroup"><tr role="row">${cells}</tr></thead>`
}
