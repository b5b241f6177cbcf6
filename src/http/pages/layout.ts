import { html } from 'hono/html'
import type { Html } from './html.ts'
import { absolute } from './time.ts'

export interface Layout {
  /** Of the document. */
  readonly title: string
  /** From the page to the root, relative, so that the pages also work below a path of a proxy: '' or '../'. */
  readonly root: '' | '../'
  readonly version: string
  /** Addresses of style sheet and script, from the root. */
  readonly assets: { readonly style: string; readonly script: string }
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly main: Html
  /** Whether the script is to keep it fresh. */
  readonly updates: boolean
}

/**
 * A whole document. The script is an addition: without it everything is there, and the reader reloads. It replaces what
 * is in `main`, so what it uses itself stands outside.
 */
export function layout({ title, root, version, assets, now, main, updates }: Layout): Html {
  const script = html`<script src="${root}${assets.script}" defer></script>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}${assets.style}">
${updates ? script : ''}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand"><a href="${root === '' ? './' : root}">authwatch</a> <span class="quiet">${version}</span></p>
<nav aria-label="Pages"><ul>
<li><a href="${root}runbook">Runbook</a></li>
<li><a href="${root}metrics">Metrics</a></li>
<li><a href="${root}healthz">Health</a></li>
<li><a href="${root}readyz">Readiness</a></li>
</ul></nav>
${updates ? html`<p class="live"><button type="button" id="pause" hidden>Pause updates</button></p>` : ''}
</header>
<p id="old" role="alert" hidden></p>
<main id="main" tabindex="-1">
${main}
${updates ? asOf(now) : ''}
</main>
</body>
</html>
`
}

function asOf(now: number): Html {
  return html`<p class="quiet as-of">As of ${absolute(now)}.<noscript> Reload the page for a newer state.</noscript></p>`
}
