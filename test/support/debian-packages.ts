import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandOutput } from './command-output.ts'

const APT_TIMEOUT_MS = 180_000
const DPKG_TIMEOUT_MS = 60_000
/** A server needs a handful of libraries; more means that the walk has left the libraries. */
const MOST_LIBRARIES = 40

/**
 * Downloads Debian or Ubuntu packages and unpacks them below `into`, together with the shared libraries they
 * need and this machine lacks. Nothing is installed and no root is needed: when the system's package lists are
 * missing or out of date, apt fetches its own into a temporary directory.
 */
export async function unpackDebianPackages(options: {
  readonly packages: readonly string[]
  readonly into: string
}): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'authwatch-apt-'))
  try {
    const settings = await withPackageLists({ packages: options.packages, work })
    const libraries = await missingLibraries({ packages: options.packages, settings })
    if (libraries.length > 0) await download({ packages: libraries, settings, work })
    await mkdir(options.into, { recursive: true })
    const files = (await readdir(work)).filter((name) => name.endsWith('.deb')).sort()
    for (const file of files) {
      await mustSucceed('dpkg', ['-x', join(work, file), options.into], { timeoutMs: DPKG_TIMEOUT_MS })
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Downloads the packages, and answers with the apt settings under which that worked. */
async function withPackageLists(options: {
  readonly packages: readonly string[]
  readonly work: string
}): Promise<readonly string[]> {
  const { packages, work } = options
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true })
  await mkdir(join(work, 'lists', 'partial'), { recursive: true })
  // The unprivileged user to whom root's apt hands its downloads may not write into our directory.
  const asCaller = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []
  const systemLists = [...asCaller, '-o', `Dir::Cache=${join(work, 'cache')}`, '-o', 'Acquire::Retries=1']
  try {
    await download({ packages, settings: systemLists, work })
    return systemLists
  } catch {
    const ownLists = [...systemLists, '-o', `Dir::State::lists=${join(work, 'lists')}`]
    // One unreachable third-party source fails the whole update, though our packages are elsewhere.
    await commandOutput({ command: 'apt-get', args: [...ownLists, 'update'], timeoutMs: APT_TIMEOUT_MS })
    await download({ packages, settings: ownLists, work })
    return ownLists
  }
}

async function download(options: {
  readonly packages: readonly string[]
  readonly settings: readonly string[]
  readonly work: string
}): Promise<void> {
  await mustSucceed('apt-get', [...options.settings, 'download', ...options.packages], {
    timeoutMs: APT_TIMEOUT_MS,
    cwd: options.work,
  })
}

/** What `packages` depend on, of libraries only, less what is installed (whose own needs are then installed too). */
async function missingLibraries(options: {
  readonly packages: readonly string[]
  readonly settings: readonly string[]
}): Promise<string[]> {
  const missing = new Set<string>()
  let level = [...options.packages]
  while (level.length > 0) {
    const output = await mustSucceed('apt-cache', [...options.settings, 'depends', ...level], {
      timeoutMs: APT_TIMEOUT_MS,
    })
    level = []
    for (const name of firstAlternatives(output)) {
      if (!/^(lib|lua)/.test(name) || missing.has(name) || (await isInstalled(name))) continue
      missing.add(name)
      level.push(name)
    }
    if (missing.size > MOST_LIBRARIES)
      throw new Error(`${options.packages.join(' ')} need too many libraries`)
  }
  return [...missing]
}

/** Of `A | B` only A: alternatives conflict, and the first is the distribution's own choice. */
function firstAlternatives(dependsOutput: string): string[] {
  const names: string[] = []
  let alternativeFollows = false
  for (const line of dependsOutput.split('\n')) {
    const match = /^ (\||\s)(?:Pre)?Depends: ([^\s<>:]+)$/.exec(line)
    if (match === null) continue
    if (!alternativeFollows && match[2] !== undefined) names.push(match[2])
    alternativeFollows = match[1] === '|'
  }
  return names
}

async function isInstalled(name: string): Promise<boolean> {
  const { code, output } = await commandOutput({
    command: 'dpkg-query',
    args: ['-s', name],
    timeoutMs: DPKG_TIMEOUT_MS,
  })
  return code === 0 && output.includes('Status: install ok installed')
}

async function mustSucceed(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<string> {
  const { code, output } = await commandOutput({
    command,
    args,
    ...options,
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (code === 0) return output
  const ending = code === null ? `did not end within ${options.timeoutMs} ms` : `failed with code ${code}`
  throw new Error(`${command} ${args.join(' ')} ${ending}: ${output.trim().slice(-1_000)}`)
}
