/**
 * The style sheet of the status page. Colours of text on their backgrounds keep a contrast of at least 4.5 : 1 in both
 * schemes (WCAG 2.2, 1.4.3). On a narrow screen each row becomes a block, and each cell says what it is.
 */
export const pageStyle = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --quiet: light-dark(#57606a, #9198a1); }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#1f2328, #f0f6fc); background: light-dark(#fff, #0d1117); }
h1 { margin: 0; font-size: 1.5rem; }
a { color: light-dark(#0550ae, #79c0ff); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0; padding: 0; list-style: none; }
table { width: 100%; border-collapse: collapse; margin: 1.5rem 0; }
caption { text-align: left; font-size: 1.15rem; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.quiet { display: block; color: var(--quiet); font-weight: 400; }
.state { display: inline-block; min-width: 4.5em; padding: 0 .5em; border-radius: .25rem; text-align: center;
  border: 1px solid currentColor; font-weight: 600; }
.fail { color: light-dark(#a40e26, #ff9492); }
.error { color: light-dark(#953800, #ffb077); }
.waiting, .skipped { color: var(--quiet); }
.pass { color: light-dark(#116329, #7ee787); }
@media (max-width: 45rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody, tr, th, td, td.number, td.time { display: block; text-align: left; white-space: normal; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  th, td { border: 0; padding: .1rem 0; }
  td::before { content: attr(data-label) ": "; color: var(--quiet); }
}
`
