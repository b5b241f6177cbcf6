import type { Command } from 'commander'
import type { Complaint } from '../diagnose.ts'
import type { CommandContext } from './context.ts'

const EXIT_CODES = `
Reads only; asks neither queue nor state. ✓ as it should be, ✗ wrong, ? could not look, – not configured or not here.
Exit code: 0 nothing wrong or a note, 1 warning, 2 critical, 3 could not look.
`

interface Common {
  readonly json: boolean
  readonly database?: string
}

/** Where the kinds of complaint are added, and what they are handed to. */
interface Place {
  command(name: string, description: string): Command
  /** With the option that chooses one of several databases. */
  onDatabase(name: string, description: string): Command
  run(complaint: Complaint, options: Common): Promise<void>
}

/** The runbook, done by the machine: one command for each kind of complaint. */
export function addDiagnosing(root: Command, { terminal, load, exit }: CommandContext): void {
  const parent = root
    .command('diagnose')
    .description('find the cause of an alert or of a complaint, and say what to do')
    .addHelpText('after', EXIT_CODES)
  const command = (name: string, description: string) =>
    parent.command(name).description(description).option('--json', 'machine-readable report', false)
  const place: Place = {
    command,
    onDatabase: (name, description) =>
      command(name, description).option('--database <name>', 'which of the configured databases'),
    run: async (complaint, { json, database }) => {
      const { diagnose } = await import('../diagnose.ts')
      exit(await diagnose(load(), { complaint, database, json }, terminal))
    },
  }
  addAlert(place)
  addUser(place)
  addSession(place)
  addApiKey(place)
  addExtensionToken(place)
  addLogin(place)
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  authwatch diagnose ${line}\n`).join('')}`
}

function addAlert({ command, run }: Place): void {
  command('alert', 'look at the first causes of an alert, in the order of the runbook')
    .argument('<name>', 'such as AuthwatchJourneySignInBroken, or the id of a check')
    .argument('[labels...]', 'labels of the alert, such as server=crm-a')
    .addHelpText('after', examples('alert AuthwatchSecretAuthDiffers server=crm-b'))
    .action((name: string, labels: string[], options: Common) =>
      run({ about: 'alert', name, labels }, options),
    )
}

function addUser({ onDatabase, run }: Place): void {
  onDatabase('user', 'can this person sign in, and reach that organization?')
    .argument('<who>', 'e-mail address or id')
    .option('--org <slug>', 'the organization that is to be reached')
    .addHelpText('after', examples('user ann@example.com --org acme'))
    .action((who: string, { org, ...options }: Common & { org?: string }) =>
      run({ about: 'user', who, org }, options),
    )
}

function addSession({ onDatabase, run }: Place): void {
  onDatabase('session', 'is this session good? Its cookie or token is asked for, or read from standard input')
    .argument('[cookie]', 'cookie, `Cookie` header or token; better not here, where the shell remembers it')
    .addHelpText('after', examples('session', 'session < cookie.txt'))
    .action((given: string | undefined, options: Common) => run({ about: 'session', given }, options))
}

function addApiKey({ onDatabase, run }: Place): void {
  onDatabase('api-key', 'would this API key be accepted? It is asked for, or read from standard input')
    .option('--tenant <slug>', 'the organization that the client names in x-tenant-id')
    .addHelpText('after', examples('api-key --tenant acme', 'api-key < key.txt'))
    .action(({ tenant, ...options }: Common & { tenant?: string }) =>
      run({ about: 'api-key', tenant }, options),
    )
}

function addExtensionToken({ onDatabase, run }: Place): void {
  onDatabase(
    'extension-token',
    'would this extension token be accepted? It is asked for, or read from standard input',
  )
    .option('--scope <scopes...>', 'scopes that the route needs; else those of the policy')
    .option('--audience <id>', 'id of the extension; else what the token itself says')
    .addHelpText('after', examples('extension-token --scope actions:invoke < token.txt'))
    .action(({ scope, audience, ...options }: Common & { scope?: string[]; audience?: string }) =>
      run({ about: 'extension-token', scopes: scope, audience }, options),
    )
}

function addLogin({ command, run }: Place): void {
  command('login', 'why can a browser not sign in, or not stay signed in?')
    .option('--server <name>', 'one of the configured servers; all when none is named')
    .option('--origin <url>', 'origin of the page; else the first that is declared')
    .option('--sign-in', 'sign in with the canary account too, and out again', false)
    .addHelpText('after', examples('login --server crm-b --origin https://app.example.com'))
    .action((options: Common & { server?: string; origin?: string; signIn: boolean }) => {
      const { server, origin, signIn } = options
      return run({ about: 'login', server, origin, signsIn: signIn }, options)
    })
}
