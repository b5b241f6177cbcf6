import { spawn } from 'node:child_process'

export interface CommandOutput {
  /** The exit code; null when the command was ended by its deadline. */
  readonly code: number | null
  /** Standard output and standard error in the order in which they came, at most 4 MiB. */
  readonly output: string
}

const MOST_OUTPUT_CHARACTERS = 4 * 1024 * 1024

/** Runs a command to its end. A command that cannot be started is a rejection, one that fails is a code. */
export async function commandOutput(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly timeoutMs: number
  readonly stdin?: string
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}): Promise<CommandOutput> {
  const child = spawn(options.command, options.args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    stdio: 'pipe',
  })
  let output = ''
  const collect = (chunk: string) => {
    output = (output + chunk).slice(0, MOST_OUTPUT_CHARACTERS)
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  // A command that ends before it has read its input closes the pipe; its exit code says why.
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const deadline = setTimeout(() => {
    child.kill('SIGKILL')
    // A grandchild that still holds the pipes would put off the close for ever.
    child.stdout.destroy()
    child.stderr.destroy()
  }, options.timeoutMs)
  const ended = new Promise<CommandOutput>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
  return await ended.finally(() => clearTimeout(deadline))
}
