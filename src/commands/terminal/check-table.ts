import type { Check } from '../../catalogue/check.ts'
import { runbookAnchor } from '../../catalogue/naming.ts'
import { detailOf, type Result, type Verdict } from '../../catalogue/result.ts'
import { palette } from './colours.ts'
import { plainTable } from './plain-table.ts'
import type { Terminal } from './terminal.ts'

const grouped = new Intl.NumberFormat('en-US')

function numberOf(verdict: Verdict): string {
  if (verdict.state !== 'pass' && verdict.state !== 'fail') return ''
  const { offenders } = verdict.values
  return offenders === undefined || offenders === null ? '' : grouped.format(offenders)
}

const ORDER = { critical: 0, warning: 1, error: 2, info: 3, pass: 4, skipped: 5 } as const

function rank({ verdict }: Result): number {
  return ORDER[verdict.state === 'fail' ? verdict.severity : verdict.state]
}

/** One line a check, the worst first, so that what matters is read without scrolling. */
export function checkTable(checks: readonly Check[], results: readonly Result[], terminal: Terminal): string {
  const { state, dim, bold } = palette(terminal)
  const known = new Set<string>(checks.map(({ id }) => id))
  const severalTargets = new Set(results.map(({ target }) => target)).size > 1
  const shown = results.filter(({ check }) => known.has(check))
  const sorted = shown.toSorted((a, b) => rank(a) - rank(b) || a.check.localeCompare(b.check))
  const rows = sorted.map(({ check, target: name, verdict }) => {
    const verdictText = state(verdict.state, verdict.state === 'fail' ? verdict.severity : undefined)
    const target = severalTargets ? [name] : []
    return [verdictText, ...target, check, numberOf(verdict), dim(detailOf(verdict) ?? '')]
  })
  const head = ['verdict', ...(severalTargets ? ['target'] : []), 'check', 'rows', ''].map((word) =>
    bold(word),
  )
  return plainTable(head, rows)
}

/** Offenders shown of each check; `--json` has the whole sample. */
const SHOWN = 5

/** Samples of the offenders of each failed check, and where the runbook says what to do. */
export function findingsText(results: readonly Result[], terminal: Terminal): string {
  const { bold, dim } = palette(terminal)
  return results
    .flatMap(({ check, verdict }) => {
      if (verdict.state !== 'fail') return []
      const lines = verdict.findings.slice(0, SHOWN).map(({ key, detail }) => {
        const columns = Object.entries(detail).map(([name, value]) => `${name}=${value ?? 'null'}`)
        return `  ${key}  ${dim(columns.join('  '))}`
      })
      const { offenders = 0 } = verdict.values
      const more = (offenders ?? 0) - lines.length
      const rest = more > 0 ? [dim(`  … and ${grouped.format(more)} more`)] : []
      return [
        `${bold(check)}: ${verdict.summary}`,
        ...lines,
        ...rest,
        dim(`  alerts/README.md#${runbookAnchor(check)}`),
      ]
    })
    .join('\n')
}
