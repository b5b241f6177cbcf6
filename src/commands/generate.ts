import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AlertingConfig } from '../config/load.ts'
import { BoardsUnavailableError } from '../generate/board-files.ts'
import { generate } from '../generate/generate.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface GenerateCommandOptions {
  readonly out: string | undefined
  readonly boards: boolean
}

/** `authwatch generate`: writes what follows from the catalogue and the configuration's thresholds. */
export async function generateCommand(
  { checks, alerts }: AlertingConfig,
  { out, boards }: GenerateCommandOptions,
  terminal: Terminal,
): Promise<void> {
  if (out === undefined && !(await isCheckout(terminal.cwd))) {
    throw new UsageError('this is no checkout of authwatch: name a folder with --out')
  }
  const folder = resolve(terminal.cwd, out ?? '.')
  const documents = out === undefined ? 'sections' : 'reference'
  const written = await generate({ checks, policy: alerts, folder, documents, boards }).catch(
    (cause: unknown) => {
      if (cause instanceof BoardsUnavailableError) throw new UsageError(cause.message, { cause })
      if (cause instanceof Error && 'syscall' in cause && 'code' in cause) {
        throw new UsageError(
          `cannot write to ${folder} (${String(cause.code)}); name another folder with --out`,
          { cause },
        )
      }
      throw cause
    },
  )
  terminal.out(written.map((path) => `${path}\n`).join(''))
  terminal.err(written.length === 0 ? 'everything generated is up to date\n' : `written to ${folder}\n`)
}

async function isCheckout(folder: string): Promise<boolean> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '')
  return /"name": "authwatch"/.test(manifest)
}
