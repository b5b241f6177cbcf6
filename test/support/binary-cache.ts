import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandOutput } from './command-output.ts'
import { unpackDebianPackages } from './debian-packages.ts'
import { lockDirectory } from './directory-lock.ts'
import { findOnPath, isExecutable } from './find-on-path.ts'

/** What one download brings, and the folder of the cache that holds it. */
export type Bundle = 'redis' | 'prometheus' | 'alertmanager' | 'sql-exporter'

export const PACKAGES: Readonly<Record<Bundle, readonly string[]>> = {
  redis: ['redis-server', 'redis-tools'],
  prometheus: ['prometheus'],
  alertmanager: ['prometheus-alertmanager'],
  'sql-exporter': ['prometheus-sql-exporter'],
}

/** Debian's Alertmanager reads its default templates from this place and takes no option for another. */
const COMPILED_IN_PATH = '/usr/share/prometheus/alertmanager'
const SHARE_DESCRIPTOR = 9

/** A download may take two apt timeouts, and a second one may stand before ours. */
const LOCK_TIMEOUT_MS = 400_000
/** Long enough for the other files of one run, short enough for the next try to be a real one. */
const FAILURE_REMEMBERED_MS = 120_000
const VERSION_TIMEOUT_MS = 10_000

interface Wanted {
  readonly name: string
  readonly bundle: Bundle
  /** Every binary of the bundle, with the names it may have in `/usr/bin`. */
  readonly commands: Readonly<Record<string, readonly string[]>>
}

/** The binary from the project's cache, which is filled from the distribution's packages when it lacks it. */
export async function cachedBinary(wanted: Wanted): Promise<string> {
  const directory = join(await cacheDirectory(), wanted.bundle)
  const path = join(directory, 'bin', wanted.name)
  if (await isExecutable(path)) return path
  if (process.platform !== 'linux' || (await findOnPath('apt-get')) === undefined) {
    throw new Error('This machine has no apt-get to fetch it with.')
  }
  await using _lock = await lockDirectory({ path: `${directory}.lock`, timeoutMs: LOCK_TIMEOUT_MS })
  if (!(await isExecutable(path))) await fill(wanted, directory)
  return path
}

async function fill(wanted: Wanted, directory: string): Promise<void> {
  const failure = `${directory}.failed`
  const failedAt = await stat(failure).catch(() => undefined)
  if (failedAt !== undefined && Date.now() - failedAt.mtimeMs < FAILURE_REMEMBERED_MS) {
    throw new Error(await readFile(failure, 'utf8'))
  }
  const unfinished = await mkdtemp(`${directory}.unfinished-`)
  try {
    const root = join(unfinished, 'root')
    await unpackDebianPackages({ packages: PACKAGES[wanted.bundle], into: root })
    // Documentation and the sources of web pages: six times the size of the programs.
    const keepsShare = await isDirectory(join(root, COMPILED_IN_PATH))
    if (!keepsShare) await rm(join(root, 'usr', 'share'), { recursive: true, force: true })
    await chmod(unfinished, 0o755)
    await writeLaunchers({ wanted, directory: unfinished, keepsShare })
    await rm(directory, { recursive: true, force: true })
    await rename(unfinished, directory)
    await rm(failure, { force: true })
  } catch (cause) {
    await writeFile(failure, cause instanceof Error ? cause.message : String(cause))
    throw cause
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** Each launcher finds what was unpacked by its own place, so the folder may be renamed and moved. */
async function writeLaunchers(options: {
  readonly wanted: Wanted
  readonly directory: string
  readonly keepsShare: boolean
}): Promise<void> {
  const { wanted, directory, keepsShare } = options
  const root = join(directory, 'root')
  await mkdir(join(directory, 'bin'))
  const libraries = (await libraryDirectories(root)).map((folder) => `$root/${folder}`).join(':')
  for (const [name, commands] of Object.entries(wanted.commands)) {
    const real = await firstExecutable(commands.map((command) => join(root, 'usr', 'bin', command)))
    if (keepsShare) await redirectCompiledInPath(real)
    const lines = [
      '#!/bin/sh',
      'root=$(CDPATH= cd -- "$(dirname -- "$0")/../root" && pwd) || exit 1',
      ...(libraries === '' ? [] : [`export LD_LIBRARY_PATH="${libraries}"`]),
      ...(keepsShare ? [`exec ${SHARE_DESCRIPTOR}<"$root${COMPILED_IN_PATH}"`] : []),
      `exec "$root${real.slice(root.length)}" "$@"`,
    ]
    const launcher = join(directory, 'bin', name)
    await writeFile(launcher, `${lines.join('\n')}\n`)
    await chmod(launcher, 0o755)
    const version = { command: launcher, args: ['--version'], timeoutMs: VERSION_TIMEOUT_MS }
    const { code, output } = await commandOutput(version)
    if (code !== 0) throw new Error(`The unpacked ${name} does not run here: ${output.trim().slice(0, 500)}`)
  }
}

/**
 * Writes, over the place that only root could fill, a name of equal length for the directory that the launcher
 * hands over open. Slashes at the end make up the length; they mean nothing in a path.
 */
async function redirectCompiledInPath(program: string): Promise<void> {
  const content = await readFile(program)
  const handedOver = Buffer.from(`/proc/self/fd/${SHARE_DESCRIPTOR}`.padEnd(COMPILED_IN_PATH.length, '/'))
  let at = content.indexOf(COMPILED_IN_PATH)
  while (at >= 0) {
    handedOver.copy(content, at)
    at = content.indexOf(COMPILED_IN_PATH, at + handedOver.length)
  }
  await writeFile(program, content)
}

async function firstExecutable(paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await isExecutable(path)) return path
  throw new Error(`The packages do not hold ${paths.join(' or ')}`)
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}

async function libraryDirectories(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const holders = entries
    .filter((entry) => /\.so(\.|$)/.test(entry.name))
    .map((entry) => entry.parentPath.slice(root.length + 1))
  return [...new Set(holders)].sort()
}

/** One cache a kind of machine: a checkout can be shared by machines whose binaries do not fit each other. */
async function cacheDirectory(): Promise<string> {
  const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  const kind = `${process.platform}-${process.arch}-${field('ID')}-${field('VERSION_ID')}`
  const directory = join(project, '.cache', 'binaries', kind)
  await mkdir(directory, { recursive: true })
  return directory
}
