import { CommanderError } from 'commander'
import { unexpected } from '../catalogue/unexpected.ts'
import { ConfigError } from '../config/config-error.ts'
import { EmbeddedPostgresError } from '../embedded/postgres.ts'
import { program } from './program/program.ts'
import { standardInput } from './terminal/standard-input.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

type Process = Pick<NodeJS.Process, 'env' | 'cwd' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'once' | 'exit'>

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
    ...standardInput(proc),
    colours: (interactive && !noColour) || proc.env.FORCE_COLOR === '1',
    interactive,
    stop,
  }
}

/** Names of the language's own errors, which Node gives codes like ours and messages with values in them. */
const FOREIGN = /^(Type|Range|Syntax|Reference|URI|Eval|Aggregate)?Error$/

/** Whether an error speaks to the operator: then its message is all there is to say. */
function isExpected(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    !FOREIGN.test(error.name) &&
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
  else terminal.err(`authwatch: ${unexpected(error)}\n`)
  if (error instanceof ConfigError) return exitCodes.config
  return error instanceof UsageError ? exitCodes.usage : exitCodes.couldNotLook
}

/** Node's own ways to fail and to be looked into would show what is in memory, and there are secrets in it. */
function keepQuiet(proc: Process, terminal: Terminal): void {
  proc.once('uncaughtException', (error) => {
    terminal.err(`authwatch: ${unexpected(error)}\n`)
    proc.exit(exitCodes.couldNotLook)
  })
  // Unheard, it opens a debugger to everybody on this machine.
  proc.on('SIGUSR1', () => {})
}

/** Runs one command line; resolves with the exit code. */
export async function main(argv: readonly string[], proc: Process): Promise<number> {
  const stop = new AbortController()
  const terminal = terminalOf(proc, stop.signal)
  let code: number = exitCodes.pass
  keepQuiet(proc, terminal)
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
