import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { authwatchCommand, workerFolder } from '../support/worker.ts'

const TIMEOUT_MS = 60_000
const MOST_OUTPUT_CHARACTERS = 4 * 1024 * 1024

export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Both, for what must be in neither. */
  readonly output: string
}

export interface CommandOptions {
  /** Beside PATH the process sees nothing else. */
  readonly env?: Readonly<Record<string, string>>
  /** What stands in `authwatch.yaml`: a value, or the text itself. */
  readonly config?: Readonly<Record<string, unknown>> | string
  /** Where it runs; else a folder of its own, removed afterwards. */
  readonly cwd?: string
  /** Path of the program's entry; else this checkout's, compiled. */
  readonly cli?: string
  /** Standard input; else there is none. */
  readonly input?: string
}

/** Runs `authwatch` with these arguments to its end, as a shell would. */
export async function authwatch(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { env = {}, config, cwd, cli, input } = options
  await using own = await workerFolder()
  const folder = cwd ?? own.path
  if (config !== undefined)
    await writeFile(join(folder, 'authwatch.yaml'), typeof config === 'string' ? config : stringify(config))
  const [program = '', ...rest] =
    cli === undefined ? await authwatchCommand(args) : [process.execPath, cli, ...args]
  const child = spawn(program, rest, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // Most commands do not read it to its end.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout = (stdout + chunk).slice(0, MOST_OUTPUT_CHARACTERS)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(0, MOST_OUTPUT_CHARACTERS)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  return await new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr, output: stdout + stderr }))
  }).finally(() => clearTimeout(late))
}
