import { type Check, severityOf } from '../catalogue/check.ts'
import { alertName, runbookAnchor } from '../catalogue/naming.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import type { Terminal } from './terminal/terminal.ts'

/** `authwatch list`: every check there is, one line each. */
export function list(
  checks: readonly Check[],
  { json }: { readonly json: boolean },
  terminal: Terminal,
): void {
  if (json) {
    const entries = checks.map((check) => ({
      id: check.id,
      title: check.title,
      every: check.every,
      severity: severityOf(check) ?? 'none',
      alert: alertName(check.id),
      runbook: `alerts/README.md#${runbookAnchor(check.id)}`,
    }))
    terminal.out(`${JSON.stringify(entries, null, 2)}\n`)
    return
  }
  const { bold } = palette(terminal)
  const rows = checks.map((check) => [check.id, severityOf(check) ?? 'none', check.every, check.title])
  const head = ['check', 'severity', 'every', 'fails when'].map((word) => bold(word))
  terminal.out(`${plainTable(head, rows)}\n`)
}
