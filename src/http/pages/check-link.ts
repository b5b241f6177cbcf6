import { html } from 'hono/html'
import type { CheckId } from '../../catalogue/naming.ts'
import type { Html } from './html.ts'

/** The way from the first page to that of a check. */
export function checkLink(id: CheckId): Html {
  return html`<a href="checks/${id}">${breakable(id)}</a>`
}

/** A name that may be broken where its words end. */
function breakable(name: string): Html {
  return html`${name.split(/(?<=[._])/).map((word, place) => (place === 0 ? word : html`<wbr>${word}`))}`
}
