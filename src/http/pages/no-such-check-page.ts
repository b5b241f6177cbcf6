import { html } from 'hono/html'
import type { Html } from './html.ts'

/** For a link that came with an alert, from a worker of another version or with another configuration. */
export function noSuchCheckPage(): Html {
  return html`<h1>No such check</h1>
<p>This worker runs no check of that name. Its configuration may switch it off, or the link is of another version.
<a href="../">All checks that it runs</a>, and <a href="../runbook">the runbook</a> with those that there are.</p>`
}
