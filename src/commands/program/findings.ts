import { type Command, Option } from 'commander'
import { UsageError } from '../terminal/usage-error.ts'
import type { CommandContext } from './context.ts'
import { durationOption } from './duration-option.ts'
import { untilOption } from './until-option.ts'

const FINDINGS_HELP = `
A check keeps a sample of at most 20 offenders of each failed run; its count is exact all the same.

Examples:
  authwatch findings --check session.user_banned
  authwatch findings --all --since 7d --csv > findings.csv
  authwatch findings diff --since 24h
`

const DIFF_HELP = `
new       there now, and first seen within the time
resolved  gone within the time, also when it had come within it
still     there now and before

Examples:
  authwatch findings diff --since 24h
  authwatch findings diff --since 1h --check api_key.owner_missing --json
`

const WAIVE_HELP = `
A waived row is in no number of its check: not in the count, not in the alert, not in the verdict. It stays in
\`findings\`, is counted by authwatch_findings_waived, and comes back by itself when the waiver ends. For every other
check it counts as before. \`authwatch check\` asks no state database, so it knows of no waiver.

Examples:
  authwatch waive 3fa1c2 --until 7d --by ada --reason 'partner migrates on Friday, INC-12'
  authwatch waive --check session.user_banned --row 8IpcMKeW --until 2027-01-31 --by ada --reason 'test account'
  authwatch waive --list
  authwatch waive --end 3fa1c2 --by ada
`

interface FindingsFlags {
  readonly json: boolean
  readonly csv: boolean
  readonly all: boolean
}

/** What is done about the rows that the worker has found. */
export function addFindings(root: Command, context: CommandContext): void {
  const { terminal, load } = context
  const command = root
    .command('findings')
    // Its subcommand has options of the same names.
    .enablePositionalOptions()
    .description('show the offending rows that the worker has found')
    .option('--check <id>', 'of this check only')
    .option('--target <name>', 'of this database or server only')
    .addOption(new Option('--since <duration>', 'seen within this time').argParser(durationOption))
    .option('--all', 'resolved ones too', false)
    .addOption(new Option('--json', 'machine-readable findings').default(false).conflicts('csv'))
    .option('--csv', 'a table for spreadsheets', false)
    .addHelpText('after', FINDINGS_HELP)
    .action(async ({ json, csv, ...options }: FindingsFlags) => {
      const { findings } = await import('../findings.ts')
      const format = json ? 'json' : csv ? 'csv' : 'text'
      const filter = { check: undefined, target: undefined, since: undefined, ...options, format } as const
      await findings(load(), filter, terminal)
    })

  command
    .command('diff')
    .description('show what is new, resolved and still there since a time')
    .addOption(new Option('--since <duration>', 'how far back').argParser(durationOption).default('24h'))
    .option('--check <id>', 'of this check only')
    .option('--target <name>', 'of this database or server only')
    .option('--json', 'machine-readable findings', false)
    .addHelpText('after', DIFF_HELP)
    .action(async (options) => {
      const { findingsDiff } = await import('../findings-diff.ts')
      await findingsDiff(load(), { check: undefined, target: undefined, ...options }, terminal)
    })

  addWaive(root, context)
}

interface WaiveFlags {
  readonly check?: string
  readonly row?: string
  readonly target?: string
  readonly reason?: string
  readonly until?: Date
  readonly by?: string
  readonly list: boolean
  readonly end?: string
  readonly all: boolean
  readonly json: boolean
}

function addWaive(root: Command, { terminal, load }: CommandContext): void {
  root
    .command('waive')
    .argument('[finding]', 'the first digits of a finding, as `findings` shows them')
    .description('live with a finding for a while: it leaves the alert and comes back by itself')
    .option('--reason <text>', 'why')
    .addOption(new Option('--until <time>', 'such as 7d, or a date in UTC').argParser(untilOption))
    .option('--by <name>', 'who decided it')
    .option('--check <id>', 'with --row, in place of a finding')
    .option('--row <key>', "the row's id, as `findings` shows it")
    .option('--target <name>', 'on this target only (default: every one)')
    .option('--list', 'show the waivers in force', false)
    .option('--end <id>', 'end a waiver, by its digits or those of its finding')
    .option('--all', 'with --list: those that are over too', false)
    .option('--json', 'with --list: machine-readable waivers', false)
    .addHelpText('after', WAIVE_HELP)
    .action(async (finding: string | undefined, options: WaiveFlags) => {
      const { list, end, all, json, ...rest } = options
      if ((finding !== undefined || rest.row !== undefined) && (list || end !== undefined))
        throw new UsageError('waive a finding, --list or --end: one at a time')
      const { waive, listWaivers, endWaiver } = await import('../waive.ts')
      if (list) return await listWaivers(load(), { all, json }, terminal)
      if (end !== undefined) return await endWaiver(load(), { id: end, by: rest.by }, terminal)
      const nothing = { check: undefined, row: undefined, target: undefined }
      const undecided = { reason: undefined, until: undefined, by: undefined }
      await waive(load(), { ...nothing, ...undecided, finding, ...rest }, terminal)
    })
}
