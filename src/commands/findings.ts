import { type Duration, milliseconds } from '../catalogue/duration.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { Config } from '../config/load.ts'
import { findingsCsv } from './findings-csv.ts'
import { type ListedFinding, listed, minute } from './listed-finding.ts'
import { openStateOf } from './open-state.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface FindingsOptions {
  readonly check: string | undefined
  readonly target: string | undefined
  readonly since: Duration | undefined
  readonly all: boolean
  readonly format: 'text' | 'json' | 'csv'
}

const MAX_ROWS = 1_000

/** The id if there is such a check. Throws UsageError. */
export function checkIdOf({ checks }: Pick<Config, 'checks'>, id: string | undefined): CheckId | undefined {
  if (id === undefined) return undefined
  const check = checks.find((each) => each.id === id)
  if (check !== undefined) return check.id
  throw new UsageError(`no such check: ${id}; \`authwatch list\` shows them`)
}

/** `authwatch findings`: the offenders that the worker has seen, with first and last time, from its state. */
export async function findings(config: Config, options: FindingsOptions, terminal: Terminal): Promise<void> {
  const check = checkIdOf(config, options.check)
  await using state = await openStateOf(config)
  const found = await state.store.findings({
    ...(options.since === undefined ? {} : { since: new Date(Date.now() - milliseconds(options.since)) }),
    ...(check === undefined ? {} : { check }),
    ...(options.target === undefined ? {} : { target: options.target }),
    includeResolved: options.all,
    limit: MAX_ROWS,
  })
  const waivers = await state.store.waivers.list({ at: new Date() })
  const rows = found.map((finding) => listed(finding, waivers))
  if (options.format === 'json') return terminal.out(`${JSON.stringify({ findings: rows }, null, 2)}\n`)
  if (options.format === 'csv') return terminal.out(findingsCsv(rows))
  terminal.out(rows.length === 0 ? 'no findings\n' : `${findingsTable(rows, terminal)}\n`)
}

/** One line a finding; `resolved` and `waived until` are columns only where a row has something to say there. */
export function findingsTable(rows: readonly ListedFinding[], terminal: Terminal): string {
  const { bold, dim } = palette(terminal)
  const columns: readonly (readonly [string, (row: ListedFinding) => string])[] = [
    ['finding', ({ id }) => id],
    ['check', ({ check }) => check],
    ['target', ({ target }) => target],
    ['row', ({ key }) => key],
    ['first seen (UTC)', ({ firstSeen }) => minute(firstSeen)],
    ['last seen', ({ lastSeen }) => minute(lastSeen)],
    ['resolved', ({ resolvedAt }) => minute(resolvedAt)],
    ['waived until', ({ waivedUntil }) => minute(waivedUntil)],
    [
      '',
      ({ detail }) =>
        dim(
          Object.entries(detail)
            .map(([name, value]) => `${name}=${value ?? 'null'}`)
            .join(' '),
        ),
    ],
  ]
  const optional = new Set(['resolved', 'waived until'])
  const shown = columns.filter(([head, text]) => !optional.has(head) || rows.some((row) => text(row) !== ''))
  return plainTable(
    shown.map(([head]) => bold(head)),
    rows.map((row) => shown.map(([, text]) => text(row))),
  )
}
