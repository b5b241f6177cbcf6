import { type Bundle, cachedBinary, PACKAGES } from './binary-cache.ts'
import { findOnPath, isExecutable } from './find-on-path.ts'

export type BinaryName =
  | 'redis-server'
  | 'prometheus'
  | 'promtool'
  | 'alertmanager'
  | 'amtool'
  | 'chromium'
  | 'sql-exporter'

interface Source {
  readonly variable: string
  /** The names under which distributions put it on PATH. */
  readonly commands: readonly string[]
  /** Absent: it needs more of the system than can be unpacked beside it, so it must be installed. */
  readonly bundle?: Bundle
}

const SOURCES: Readonly<Record<BinaryName, Source>> = {
  'redis-server': { variable: 'AUTHWATCH_TEST_REDIS_SERVER', commands: ['redis-server'], bundle: 'redis' },
  prometheus: { variable: 'AUTHWATCH_TEST_PROMETHEUS', commands: ['prometheus'], bundle: 'prometheus' },
  promtool: { variable: 'AUTHWATCH_TEST_PROMTOOL', commands: ['promtool'], bundle: 'prometheus' },
  alertmanager: {
    variable: 'AUTHWATCH_TEST_ALERTMANAGER',
    commands: ['alertmanager', 'prometheus-alertmanager'],
    bundle: 'alertmanager',
  },
  chromium: {
    variable: 'AUTHWATCH_TEST_CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  },
  'sql-exporter': {
    variable: 'AUTHWATCH_BENCH_SQL_EXPORTER',
    commands: ['prometheus-sql-exporter'],
    bundle: 'sql-exporter',
  },
  amtool: { variable: 'AUTHWATCH_TEST_AMTOOL', commands: ['amtool'], bundle: 'alertmanager' },
}

/** No way led to the binary. The message says what was tried and what to do. */
export class BinaryMissingError extends Error {
  readonly code = 'ERR_BINARY_MISSING'
}

/**
 * The path of a real server or tool: named by its environment variable, else found on PATH, else in the
 * project's cache, else unpacked into that cache from the distribution's packages, without root.
 * @throws {BinaryMissingError}
 */
export async function binary(name: BinaryName): Promise<string> {
  const source = SOURCES[name]
  const named = process.env[source.variable]
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named
    throw new BinaryMissingError(`${source.variable} names ${named}, which cannot be executed`)
  }
  for (const command of source.commands) {
    const found = await findOnPath(command)
    if (found !== undefined) return found
  }
  const packages = source.bundle === undefined ? [name] : PACKAGES[source.bundle]
  const help =
    `${name} was not found: install it (Debian, Ubuntu: apt-get install ${packages.join(' ')}) ` +
    `or set ${source.variable} to its path.`
  if (source.bundle === undefined) throw new BinaryMissingError(help)
  try {
    return await cachedBinary({ name, bundle: source.bundle, commands: commandsOf(source.bundle) })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BinaryMissingError(`${help} ${reason}`, { cause })
  }
}

/** As {@link binary}, but on a developer's machine a missing one is a printed reason to skip; in CI it throws. */
export async function binaryOrSkip(name: BinaryName): Promise<{ path: string } | { skip: string }> {
  try {
    return { path: await binary(name) }
  } catch (cause) {
    if (!(cause instanceof BinaryMissingError) || process.env.CI) throw cause
    console.warn(`SKIPPED: ${cause.message}`)
    return { skip: cause.message }
  }
}

/** All that one bundle must hold: its launchers are made together. */
function commandsOf(bundle: Bundle): Readonly<Record<string, readonly string[]>> {
  const sources = Object.entries(SOURCES).filter(([, source]) => source.bundle === bundle)
  return Object.fromEntries(sources.map(([name, { commands }]) => [name, commands]))
}
