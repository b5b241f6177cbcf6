import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandOutput } from './command-output.ts'
import { lockDirectory } from './directory-lock.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(PROJECT, '.cache', 'compiled')
const COMPILE_TIMEOUT_MS = 120_000
const KEEP_MS = 3_600_000

/**
 * The path of the program's entry, compiled as it is published, once for the sources as they are now. A process that
 * compiles for itself at each start spends more on that than on all that a test asks of it.
 */
export async function compiledCli(): Promise<string> {
  const home = join(CACHE, await keyOfSources())
  const entry = join(home, 'dist', 'cli.js')
  if (await exists(entry)) return entry
  await using _lock = await lockDirectory({ path: `${home}.lock`, timeoutMs: COMPILE_TIMEOUT_MS })
  if (!(await exists(entry))) await compile(home)
  return entry
}

async function keyOfSources(): Promise<string> {
  const hash = createHash('sha256')
  const files = (await readdir(join(PROJECT, 'src'), { recursive: true })).filter((file) =>
    file.endsWith('.ts'),
  )
  for (const file of files.toSorted()) {
    const { mtimeMs, size } = await stat(join(PROJECT, 'src', file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Appears with one rename, so that nobody finds half a program. */
async function compile(home: string): Promise<void> {
  const staging = `${home}.${process.pid}`
  await mkdir(staging, { recursive: true })
  try {
    const output = ['--outDir', join(staging, 'dist'), '--declaration', 'false', '--sourceMap', 'false']
    const { code, output: said } = await commandOutput({
      command: join(PROJECT, 'node_modules', '.bin', 'tsc'),
      // Whether the types are right is not the question here.
      args: ['-p', join(PROJECT, 'tsconfig.build.json'), '--noCheck', ...output],
      timeoutMs: COMPILE_TIMEOUT_MS,
    })
    if (code !== 0) throw new Error(`The program could not be compiled: ${said}`)
    // What the program looks for two folders above its commands.
    for (const name of ['package.json', 'prisma', 'assets', 'alerts'])
      await symlink(join(PROJECT, name), join(staging, name))
    await rename(staging, home)
  } finally {
    // A compiler that was stopped may write a little longer.
    await rm(staging, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
  await removeOld()
}

async function removeOld(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const found = await stat(join(CACHE, name)).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > KEEP_MS)
      await rm(join(CACHE, name), { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
