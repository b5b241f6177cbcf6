import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

export interface Migration {
  /** The folder's name, which begins with the time it was written. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file in hexadecimal, as Prisma's ledger has it. */
  readonly checksum: string
}

/** The same two levels up from `src/results` and, in the package, from `dist/results`. */
const DIRECTORY = new URL('../../prisma/migrations/', import.meta.url)

/** The migrations this version of authwatch knows, oldest first. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const entries = await readdir(DIRECTORY, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(names.sort().map(readMigration))
}

async function readMigration(name: string): Promise<Migration> {
  const file = await readFile(new URL(`${name}/migration.sql`, DIRECTORY))
  return { name, sql: file.toString('utf8'), checksum: createHash('sha256').update(file).digest('hex') }
}
