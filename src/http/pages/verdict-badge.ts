import { html } from 'hono/html'
import type { Gravity } from '../status-rows.ts'
import type { Html } from './html.ts'

/** Sign and word of each verdict: the colour repeats what both say. */
export const SIGNS: Readonly<Record<Gravity, { readonly sign: string; readonly word: string }>> = {
  critical: { sign: '✗', word: 'critical' },
  warning: { sign: '✗', word: 'warning' },
  info: { sign: '✗', word: 'info' },
  error: { sign: '?', word: 'error' },
  stale: { sign: '!', word: 'stale' },
  waiting: { sign: '…', word: 'waiting' },
  skipped: { sign: '–', word: 'skipped' },
  pass: { sign: '✓', word: 'pass' },
}

export function verdictBadge(gravity: Gravity): Html {
  const { sign, word } = SIGNS[gravity]
  return html`<span class="badge ${gravity}"><span aria-hidden="true">${sign}</span> ${word}</span>`
}
