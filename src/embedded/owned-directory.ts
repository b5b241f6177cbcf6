import { chmod, lstat, mkdir } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const OTHERS_MAY_WRITE = 0o022

/**
 * The first of the candidates that exists, or can be made, as a folder which only we can write. A folder that
 * somebody else made is never used: they could put a program there that we then run.
 */
export async function ownedDirectory(candidates: readonly string[]): Promise<string> {
  const refusals: unknown[] = []
  for (const candidate of candidates) {
    try {
      await claim(candidate)
      return candidate
    } catch (cause) {
      refusals.push(cause)
    }
  }
  throw new EmbeddedPostgresError(
    'ERR_EMBEDDED_INIT',
    `None of these folders can be used: ${candidates.join(', ')}.`,
    { cause: new AggregateError(refusals) },
  )
}

async function claim(directory: string): Promise<void> {
  if ((await mkdir(directory, { recursive: true })) !== undefined) await chmod(directory, 0o755)
  const found = await lstat(directory)
  if (!found.isDirectory()) throw new Error(`${directory} is not a folder.`)
  if (found.uid !== process.getuid?.()) throw new Error(`${directory} belongs to another user.`)
  if ((found.mode & OTHERS_MAY_WRITE) !== 0) throw new Error(`${directory} can be written by other users.`)
}

/** Where copies of the binaries may live. For root: where any user can reach them. */
export function cacheCandidates(): readonly string[] {
  const uid = process.getuid?.() ?? 0
  if (uid === 0) return ['/var/cache/authwatch', '/var/tmp/authwatch-cache']
  return [...homeCache(), path.join(tmpdir(), `authwatch-cache-${uid}`)]
}

function homeCache(): readonly string[] {
  try {
    return [path.join(homedir(), '.cache', 'authwatch')]
  } catch {
    // A container may run us under a number that no user has.
    return []
  }
}

/** Where root's clusters live when the folder asked for is closed to the server's user. */
export function relocationCandidates(): readonly string[] {
  return ['/var/lib/authwatch', '/var/tmp/authwatch-data']
}
