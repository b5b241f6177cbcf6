import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { spellings } from './spellings.ts'

const MOST_OUTPUT = 16 * 1024 * 1024
const TIMEOUT_MS = 60_000

/** Secrets by what a person calls them. */
export type Planted = ReadonlyMap<string, string>

/** Everything that came out, as files, so that it is searched with the same tool as folders are. */
export interface Evidence extends AsyncDisposable {
  note(place: string, text: string): Promise<void>
  /** Where a secret was found and how it was written there, each once; also in these folders. */
  leaks(planted: Planted, folders?: readonly string[]): Promise<readonly string[]>
}

export async function collectEvidence(): Promise<Evidence> {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-evidence-'))
  let count = 0
  return {
    note: async (place, text) => {
      count += 1
      const name = `${String(count).padStart(3, '0')} ${place}`.replaceAll(/[^\w .=-]/g, '_').slice(0, 120)
      await writeFile(join(folder, name), text)
    },
    leaks: (planted, folders = []) => search(planted, [folder, ...folders]),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function search(planted: Planted, folders: readonly string[]): Promise<readonly string[]> {
  const meaning = new Map<string, string>()
  for (const [name, secret] of planted) {
    // The same secret may be known by several names.
    for (const [text, how] of spellings(secret))
      meaning.set(text, [meaning.get(text), `${name}, ${how}`].filter(Boolean).join('; '))
  }
  await using own = await patternFile([...meaning.keys()])
  const found = await grep(['-raoFH', '-f', own.path, '--', ...folders])
  const lines = found.split('\n').flatMap((line) => {
    const folder = folders.find((each) => line.startsWith(each))
    const colon = line.indexOf(':')
    if (folder === undefined || colon < 0) return []
    return [`${line.slice(folder.length + 1, colon)}: ${meaning.get(line.slice(colon + 1)) ?? 'part of one'}`]
  })
  return [...new Set(lines)]
}

async function patternFile(
  patterns: readonly string[],
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-patterns-'))
  const path = join(folder, 'patterns')
  await writeFile(path, `${patterns.join('\n')}\n`)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** What it printed; nothing when nothing was found, which is its exit code 1. */
async function grep(args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }
  const run = promisify(execFile)('grep', [...args], { env, maxBuffer: MOST_OUTPUT, timeout: TIMEOUT_MS })
  return await run.then(
    ({ stdout }) => stdout,
    (cause: { readonly code?: unknown }) => {
      if (cause.code === 1) return ''
      throw cause
    },
  )
}
