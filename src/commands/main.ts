import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Duration, isDuration } from '../catalogue/duration.ts'
import { ConfigError } from '../config/config-error.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { EmbeddedPostgresError } from '../embedded/postgres.ts'
import { catalogue } from './catalogue.ts'
import { configCheck } from './config-check.ts'
import { list } from './list.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

type Process = Pick<NodeJS.Process, 'env' | 'cwd' | 'stdout' | 'stderr' | 'once' | 'exit'>

/** A connection to a server that hangs would keep a process that is done. */
const LINGER_MS = 500

function terminalOf(proc: Process, stop: AbortSignal): Terminal {
  const interactive = proc.stdout.isTTY === true && proc.stderr.isTTY === true
  const noColour = proc.env.NO_COLOR !== undefined && proc.env.NO_COLOR !== ''
  // A reader that has read enough, such as `head`, is no fault.
  for (const stream of [proc.stdout, proc.stderr]) stream.on('error', () => {})
  return {
    env: proc.env,
    cwd: proc.cwd(),
    out: (text) => void proc.stdout.write(text),
    err: (text) => void proc.stderr.write(text),
    colours: (interactive && !noColour) || proc.env.FORCE_COLOR === '1',
    interactive,
    stop,
  }
}

function durationOption(text: string): Duration {
  if (isDuration(text)) return text
  throw new InvalidArgumentError('write a length of time such as 30m, 24h or 7d.')
}

/** The demo's servers need the API-key plugin, whose peer dependencies npm cannot settle in other people's projects. */
function withoutServers(cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND') {
    throw new UsageError('the demo runs in a clone of the repository: npm ci && npm run demo', { cause })
  }
  throw cause
}

const CHECK_HELP = `
Runs now, with neither queue nor state database.
Exit code: 0 pass or info, 1 warning, 2 critical, 3 could not look (2 wins over 3, 3 over 1).
`

const PROBE_HELP = `
Rows are probes, columns are servers: ✓ as it should be, ✗ step: reason, ? could not look, – not configured.
Exit codes are those of \`check\`.
`

interface Programme {
  readonly terminal: Terminal
  readonly exit: (code: number) => void
  /** For commands that end in order when they are told to; the others end at once. */
  readonly takeSignals: () => void
}

/** Commands are loaded when they are called: `list` must not wait for what `serve` and `demo` need. */
function program({ terminal, exit, takeSignals }: Programme): Command {
  const root = new Command('authwatch')
    .description('Watches the authentication of applications that use better-auth.')
    .version(version())
    .option('-c, --config <file>', 'configuration file (default: authwatch.yaml if it exists)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride()
    .showHelpAfterError('(authwatch --help shows what there is)')
  const load = (): Config => {
    const path = root.opts<{ config?: string }>().config
    return loadConfig({ env: terminal.env, cwd: terminal.cwd, path, catalogue })
  }

  root
    .command('serve')
    .description('watch: run the checks on their schedule and serve /metrics')
    .action(async () => {
      takeSignals()
      const { serve } = await import('./serve.ts')
      exit(await serve(load(), terminal))
    })

  root
    .command('check')
    .argument('[id...]', 'check ids or subjects such as `session`; all when none is named')
    .description('run checks now and print their verdicts')
    .option('--json', 'machine-readable results', false)
    .option('--no-findings', 'leave out the sample of offending rows')
    .addHelpText('after', CHECK_HELP)
    .action(async (ids: string[], options: { json: boolean; findings: boolean }) => {
      const { check } = await import('./check.ts')
      exit(await check(load(), { ids, ...options }, terminal))
    })

  root
    .command('probe')
    .argument('[server]', 'one of the configured servers; all when none is named')
    .description('act as a client against the servers now and print what they made of it')
    .option('--json', 'machine-readable results', false)
    .addHelpText('after', PROBE_HELP)
    .action(async (server: string | undefined, options: { json: boolean }) => {
      const { probe } = await import('./probe.ts')
      exit(await probe(load(), { server, ...options }, terminal))
    })

  root
    .command('list')
    .description('show every check there is')
    .option('--json', 'machine-readable list', false)
    .action((options: { json: boolean }) => list(catalogue, options, terminal))

  root
    .command('findings')
    .description('show the offending rows that the worker has found')
    .option('--check <id>', 'of this check only')
    .option('--target <name>', 'of this database only')
    .addOption(new Option('--since <duration>', 'seen within this time').argParser(durationOption))
    .option('--all', 'resolved ones too', false)
    .option('--json', 'machine-readable findings', false)
    .action(async (options) => {
      const { findings } = await import('./findings.ts')
      await findings(load(), { check: undefined, target: undefined, since: undefined, ...options }, terminal)
    })

  root
    .command('grants')
    .description('print the SQL of a role that may read what the checks need, and no secret')
    .option('--database <name>', 'which of the configured databases')
    .option('--role <name>', 'name of the role', 'authwatch')
    .option('--schema <name>', 'schema for the views', 'authwatch_views')
    .action(async (options) => {
      const { grants } = await import('./grants.ts')
      await grants(load(), { database: undefined, ...options }, terminal)
    })

  const config = root.command('config').description('about the configuration')
  config
    .command('check')
    .description('read the configuration and report every fault in it')
    .action(() => configCheck(load(), terminal))

  const demoCommand = root
    .command('demo')
    .description('start a small CRM with real better-auth servers, break it, and watch it')
    .option('--port <port>', 'port of /metrics; 0 takes a free one', '9469')
    .option('--once', 'print the verdicts and stop', false)
    .action(async (options: { port: string; once: boolean }) => {
      takeSignals()
      const { demo } = await import('./demo.ts').catch(withoutServers)
      exit(await demo(options, terminal))
    })

  demoCommand
    .command('fault')
    .argument('[id]', 'such as F03; all are listed when none is named')
    .addArgument(new Argument('[action]', 'break it or mend it').choices(['on', 'off']))
    .description('break the demo that runs in another terminal, and mend it')
    .action(async (id: string | undefined, action: 'on' | 'off' | undefined) => {
      const { demoFault } = await import('./demo-fault.ts')
      await demoFault({ id, action: action ?? 'list' }, terminal)
    })

  return root
}

/** Whether an error speaks to the operator: then its message is all there is to say. */
function isExpected(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_')
  )
}

/** What the embedded server said is on this machine and ours; causes of other errors can quote addresses and values. */
function wordsOf(error: Error): string {
  const said =
    error instanceof EmbeddedPostgresError && error.cause instanceof Error ? error.cause.message : ''
  return said === '' ? error.message : `${error.message}\n${said}`
}

function failure(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  if (error instanceof UsageError || isExpected(error)) terminal.err(`authwatch: ${wordsOf(error)}\n`)
  else terminal.err(`authwatch: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  if (error instanceof ConfigError) return exitCodes.config
  return error instanceof UsageError ? exitCodes.usage : exitCodes.couldNotLook
}

/** Runs one command line; resolves with the exit code. */
export async function main(argv: readonly string[], proc: Process): Promise<number> {
  const stop = new AbortController()
  const terminal = terminalOf(proc, stop.signal)
  let code: number = exitCodes.pass
  const programme = program({
    terminal,
    exit: (given) => {
      code = given
    },
    // Heard once: a second Ctrl-C ends the process at once, as an impatient operator expects.
    takeSignals: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) proc.once(signal, () => stop.abort(signal))
    },
  })
  try {
    await programme.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    code = failure(error, terminal)
  }
  setTimeout(() => proc.exit(code), LINGER_MS).unref()
  return code
}
