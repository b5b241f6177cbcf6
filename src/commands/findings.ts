import { type Duration, milliseconds } from '../catalogue/duration.ts'
import type { CheckId } from '../catalogue/naming.ts'
import type { Config } from '../config/load.ts'
import { plainTable } from './check-table.ts'
import { palette } from './colours.ts'
import { openStateOf } from './open-state.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

export interface FindingsOptions {
  readonly check: string | undefined
  readonly target: string | undefined
  readonly since: Duration | undefined
  readonly all: boolean
  readonly json: boolean
}

const MAX_ROWS = 1_000

const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ')

function checkIdOf({ checks }: Config, id: string | undefined): CheckId | undefined {
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
  if (options.json) return terminal.out(`${JSON.stringify({ findings: found }, null, 2)}\n`)
  if (found.length === 0) return terminal.out('no findings\n')
  const { bold, dim } = palette(terminal)
  const head = ['check', 'target', 'row', 'first seen (UTC)', 'last seen', 'resolved', ''].map((word) =>
    bold(word),
  )
  const rows = found.map(({ check, target, key, firstSeen, lastSeen, resolvedAt, detail }) => {
    const columns = Object.entries(detail).map(([name, value]) => `${name}=${value ?? 'null'}`)
    const resolved = resolvedAt === null ? '' : minute(resolvedAt)
    return [check, target, key, minute(firstSeen), minute(lastSeen), resolved, dim(columns.join(' '))]
  })
  terminal.out(`${plainTable(head, rows)}\n`)
}
