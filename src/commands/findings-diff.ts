import { type Duration, milliseconds } from '../catalogue/duration.ts'
import type { Config } from '../config/load.ts'
import type { StoredFinding } from '../results/stored-result.ts'
import { checkIdOf, findingsTable } from './findings.ts'
import { listed } from './listed-finding.ts'
import { openStateOf } from './open-state.ts'
import { palette } from './terminal/colours.ts'
import type { Terminal } from './terminal/terminal.ts'

export interface FindingsDiffOptions {
  readonly since: Duration
  readonly check: string | undefined
  readonly target: string | undefined
  readonly json: boolean
}

const MAX_ROWS = 10_000
/** Of what is as it was, a person needs the number; `--json` has all. */
const STILL_SHOWN = 20

type Change = 'new' | 'resolved' | 'still'

/** What came and went within the time counts as resolved: it is gone, and its first time tells the rest. */
function changeOf({ resolvedAt, firstSeen }: StoredFinding, since: number): Change {
  if (resolvedAt !== null) return 'resolved'
  return firstSeen >= since ? 'new' : 'still'
}

/** `authwatch findings diff`: what is there since then, what went away, and what was there all the time. */
export async function findingsDiff(
  config: Config,
  options: FindingsDiffOptions,
  terminal: Terminal,
): Promise<void> {
  const check = checkIdOf(config, options.check)
  const since = Date.now() - milliseconds(options.since)
  await using state = await openStateOf(config)
  const found = await state.store.findings({
    ...(check === undefined ? {} : { check }),
    ...(options.target === undefined ? {} : { target: options.target }),
    resolvedSince: new Date(since),
    limit: MAX_ROWS,
  })
  const waivers = await state.store.waivers.list({ at: new Date() })
  const of = (change: Change) =>
    found.filter((each) => changeOf(each, since) === change).map((each) => listed(each, waivers))
  const diff = { new: of('new'), resolved: of('resolved'), still: of('still') }
  if (options.json) return terminal.out(`${JSON.stringify(diff, null, 2)}\n`)
  const { bold, green, red, dim } = palette(terminal)
  const parts = [
    { title: red(`${diff.new.length} new`), rows: diff.new, hidden: 0 },
    { title: green(`${diff.resolved.length} resolved`), rows: diff.resolved, hidden: 0 },
    {
      title: bold(`${diff.still.length} still there`),
      rows: diff.still.slice(0, STILL_SHOWN),
      hidden: Math.max(0, diff.still.length - STILL_SHOWN),
    },
  ]
  const text = parts.flatMap(({ title, rows, hidden }) => [
    title,
    ...(rows.length === 0 ? [] : [findingsTable(rows, terminal)]),
    ...(hidden === 0 ? [] : [dim(`… and ${hidden} more`)]),
    '',
  ])
  terminal.out(text.join('\n'))
}
