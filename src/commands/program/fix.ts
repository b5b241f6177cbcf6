import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './context.ts'

const HELP = `
Prints SQL in this database's own names, in batches that hold no lock for long; without --apply nothing is changed.
--apply connects with FIX_DATABASE_URL, a role of its own that may change rows, never with the URL that watches. It
counts first and asks, or takes --yes. Each batch is a transaction with a lock timeout of 1 s and a statement timeout of
15 s. Rows that are waived, and those of the canary, are left alone.
Where no change is right for every row, it says what has to be decided and where the runbook tells more.
Exit code: 0 done or printed, 1 rows are left, 3 could not.

Examples:
  authwatch fix session.user_banned
  authwatch fix session.expired_backlog --batch 5000 | psql "$FIX_DATABASE_URL"
  authwatch fix session.expired_backlog --apply --yes
`

const LARGEST_BATCH = 10_000

function batchOption(text: string): number {
  const size = Number(text)
  if (Number.isInteger(size) && size >= 1 && size <= LARGEST_BATCH) return size
  throw new InvalidArgumentError(`from 1 to ${LARGEST_BATCH}.`)
}

interface FixFlags {
  readonly database?: string
  readonly apply: boolean
  readonly yes: boolean
  readonly batch: number
  readonly ignoreWaivers: boolean
}

/** The one command that can change the watched database, and only when it is told to. */
export function addFix(root: Command, { terminal, load, exit, takeSignals }: CommandContext): void {
  root
    .command('fix')
    .argument('<check>', 'such as session.user_banned')
    .description('print the SQL that mends a failed check, or apply it')
    .option('--database <name>', 'which of the configured databases')
    .option('--apply', 'make the change, through FIX_DATABASE_URL', false)
    .option('--yes', 'with --apply: do not ask', false)
    .addOption(new Option('--batch <rows>', 'rows of one transaction').argParser(batchOption).default(1_000))
    .option('--ignore-waivers', 'change waived rows too', false)
    .addHelpText('after', HELP)
    .action(async (id: string, options: FixFlags) => {
      takeSignals()
      const { fix } = await import('../fix.ts')
      exit(await fix(load(), { database: undefined, ...options, id }, terminal))
    })
}
