import { type Command, Option } from 'commander'
import type { Duration } from '../../catalogue/duration.ts'
import type { CommandContext } from './context.ts'
import { durationOption } from './duration-option.ts'

const MINT_HELP = `
For testing: makes a token as the application does (JWT, HS256) with EXTENSION_TOKEN_SECRET. Only the token goes to
standard output; what it can do goes to standard error. It refuses the scope *, a lifetime beyond
policy.extensionToken.lifetime, and a user or organization that the database does not know, unless --force is given.

Examples:
  authwatch token mint --org 8IpcMKeW --user 9nsT6Hl9 --extension notes --scopes records:read:contact --ttl 5m
  authwatch token mint --org 8IpcMKeW --user 9nsT6Hl9 | authwatch token inspect
`

const INSPECT_HELP = `
Reads the token from standard input, so that it is in no history, and never prints it. "Bearer " before it is ignored.
Exit code: 0 good, 1 against the policy, 2 a healthy server refuses it, 3 EXTENSION_TOKEN_SECRET is not set.

Examples:
  authwatch token inspect < token.txt
  pbpaste | authwatch token inspect --json
`

interface MintFlags {
  readonly org: string
  readonly user: string
  readonly extension?: string
  readonly scopes?: readonly string[]
  readonly ttl?: Duration
  readonly force: boolean
}

function scopesOption(text: string): readonly string[] {
  return text.split(',').flatMap((scope) => (scope.trim() === '' ? [] : [scope.trim()]))
}

/** Extension tokens by hand. */
export function addToken(root: Command, { terminal, load, exit }: CommandContext): void {
  const command = root.command('token').description('make and read extension tokens by hand')

  command
    .command('mint')
    .description('make an extension token for testing')
    .requiredOption('--org <id>', "the organization's id")
    .requiredOption('--user <id>', "the user's id")
    .option('--extension <id>', 'audience (default: policy.extensionToken.audience)')
    .addOption(
      new Option(
        '--scopes <list>',
        'with commas between them (default: policy.extensionToken.scopes)',
      ).argParser(scopesOption),
    )
    .addOption(
      new Option('--ttl <duration>', 'lifetime (default: 10m, or less if the policy is)').argParser(
        durationOption,
      ),
    )
    .option('--force', 'make it against all doubts', false)
    .addHelpText('after', MINT_HELP)
    .action(async (options: MintFlags) => {
      const { mintToken } = await import('../mint-token.ts')
      await mintToken(
        load(),
        { extension: undefined, scopes: undefined, ttl: undefined, ...options },
        terminal,
      )
    })

  command
    .command('inspect')
    .description('say what is right and wrong with a token')
    .option('--json', 'machine-readable facts', false)
    .addHelpText('after', INSPECT_HELP)
    .action(async (options: { json: boolean }) => {
      const { inspectToken } = await import('../inspect-token.ts')
      exit(await inspectToken(load(), options, terminal))
    })
}
