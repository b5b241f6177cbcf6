import { type Check, severityOf } from '../catalogue/check.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { alertName, conditionOf, runbookAnchor, subjectOf } from '../catalogue/naming.ts'
import { markdownTable } from './markdown-table.ts'

/** Every check with what it fails for, linked to its runbook section at `runbook`. */
export function checksReference(checks: readonly Check[], runbook: string): string {
  const rows = checks.map((check) => [
    `[\`${check.id}\`](${runbook}#${runbookAnchor(check.id)})`,
    severityOf(check) ?? 'none',
    check.every,
    check.title,
  ])
  return markdownTable(['check', 'severity', 'every', 'fails when'], rows)
}

/** Every check by what it is about, linked to its runbook section at `runbook`. */
export function checksBySubject(checks: readonly Check[], runbook: string): string {
  const rows = [...groupBy(checks, ({ id }) => subjectOf(id))].map(([subject, group]) => [
    `\`${subject}\``,
    group.map(({ id }) => `[\`${conditionOf(id)}\`](${runbook}#${runbookAnchor(id)})`).join(', '),
  ])
  return markdownTable(['subject', 'conditions'], rows)
}

/** The runbook's own table of contents, by subject. */
export function runbookIndex(checks: readonly Check[]): string {
  return [...groupBy(checks, ({ id }) => subjectOf(id))]
    .map(([subject, group]) => {
      const links = group.map(({ id, title }) => `  - [${alertName(id)}](#${runbookAnchor(id)}): ${title}`)
      return [`- **${subject}**`, ...links].join('\n')
    })
    .join('\n')
}
