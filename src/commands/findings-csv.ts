import { stringify } from 'csv-stringify/sync'
import type { ListedFinding } from './listed-finding.ts'

const COLUMNS = [
  'finding',
  'check',
  'target',
  'row',
  'first_seen',
  'last_seen',
  'resolved',
  'waived_until',
  'reopened',
  'detail',
]

const instant = (time: number | null): string => (time === null ? '' : new Date(time).toISOString())

/** Names and slugs are the application's users' to choose, so a spreadsheet must not take one for a formula. */
export function findingsCsv(findings: readonly ListedFinding[]): string {
  const rows = findings.map((each) => [
    each.id,
    each.check,
    each.target,
    each.key,
    instant(each.firstSeen),
    instant(each.lastSeen),
    instant(each.resolvedAt),
    instant(each.waivedUntil),
    String(each.reopened),
    Object.entries(each.detail)
      .map(([name, value]) => `${name}=${value ?? 'null'}`)
      .join(' '),
  ])
  return stringify(rows, { header: true, columns: COLUMNS, escape_formulas: true })
}
