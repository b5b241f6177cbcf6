import { withTimeoutSignal } from '../../servers/with-timeout-signal.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

/** More than any token, key or header. */
const MAX_CHARACTERS = 65_536
const TIMEOUT_MS = 120_000

/**
 * What must not be in the shell's history: asked for without echo at a terminal, else read from standard input to its
 * end. Throws UsageError when nothing came.
 */
export async function readSecret(prompt: string, terminal: Terminal): Promise<string> {
  const given = process.stdin.isTTY ? await ask(prompt, terminal) : await terminal.read(MAX_CHARACTERS)
  if (given.trim() === '') throw new UsageError(`nothing was given; ${prompt} is read from standard input`)
  return given.trim()
}

async function ask(message: string, { stop }: Terminal): Promise<string> {
  const { default: password } = await import('@inquirer/password')
  // Standard output is for results.
  const context = { output: process.stderr, clearPromptOnDone: true }
  return withTimeoutSignal({ signal: stop, ms: TIMEOUT_MS }, (signal) =>
    password({ message }, { ...context, signal }),
  ).catch((cause: unknown) => {
    if (cause instanceof Error && /^(Exit|Abort)PromptError$/.test(cause.name)) return ''
    throw cause
  })
}
