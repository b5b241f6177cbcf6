import { html } from 'hono/html'
import type { Runbook } from '../runbook.ts'
import type { Html } from './html.ts'
import { markdown } from './markdown.ts'
import type { LinkTo } from './markdown-inline.ts'

/** Headings of the same document stay on this page; of other addresses only those of the web are links. */
export function runbookLinks(runbookAddress: string): LinkTo {
  return (target) => {
    if (target.startsWith('#')) return `${runbookAddress}${target}`
    return /^https?:\/\//.test(target) ? target : undefined
  }
}

/** The whole runbook, each heading with the anchor that alerts name. */
export function runbookPage({ text }: Runbook): Html {
  if (text === '') return html`<h1>Runbook</h1><p>This installation lacks <code>alerts/README.md</code>.</p>`
  return html`<article class="runbook">${markdown(text, runbookLinks(''))}</article>`
}
