import { resolve } from 'node:path'
import type { z } from 'zod'
import type { Check } from '../catalogue/check.ts'
import { overrideChecks } from '../catalogue/override.ts'
import type { Policy } from '../catalogue/policy.ts'
import type { NameOverrides } from '../database/names.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { Environment } from './environment.ts'
import { configSchema, environment, type FileConfig } from './schema.ts'
import { checkUrl, postgresUrl, secretReader } from './secrets.ts'
import { readSource, type Source } from './source.ts'

export interface DatabaseConfig {
  readonly name: string
  /** Secret. */
  readonly url: string
  readonly overrides: NameOverrides
}

/** The configuration with everything resolved: files read, environment applied, checks overridden. */
export interface Config {
  /** Path of the file it came from, or null when there is none. */
  readonly file: string | null
  readonly databases: readonly DatabaseConfig[]
  readonly policy: Policy
  readonly checks: readonly Check[]
  readonly http: { readonly host: string; readonly port: number }
  readonly state: { readonly url: string | null; readonly directory: string }
  readonly redisUrl: string | null
  readonly maxSeries: number
  readonly logLevel: FileConfig['log']['level']
}

export interface LoadOptions {
  readonly env: Environment
  /** Where relative paths begin. */
  readonly cwd: string
  /** From `--config`; wins over the environment. */
  readonly path?: string | undefined
  /** Every check there is. */
  readonly catalogue: readonly Check[]
}

/** Reads file and environment. Throws ConfigError with every fault found, never with the value of a secret. */
export function loadConfig(options: LoadOptions): Config {
  const problems: ConfigProblem[] = []
  const source = readSource(
    { cwd: options.cwd, named: options.path ?? options.env['AUTHWATCH_CONFIG'] },
    problems,
  )
  const file = parseFile(applyEnvironment(source, options.env, problems), source, problems)
  const read = secretReader(options, problems)
  const databases = (file?.databases ?? []).map((database, i) => ({
    name: database.name,
    url: postgresUrl(read(database.urlEnv), database.urlEnv, problems, source.where(['databases', i])) ?? '',
    overrides: {
      schema: database.schema,
      tables: database.tables,
      columns: database.columns,
    } as NameOverrides,
  }))
  for (const name of duplicates(databases.map((database) => database.name))) {
    problems.push({ where: source.where(['databases']), path: 'databases', message: `two are named ${name}` })
  }
  const overridden = overrideChecks(options.catalogue, file?.checks ?? {})
  for (const { path, message } of overridden.problems) {
    problems.push({ where: source.where(path), path: pathText(path), message })
  }
  const stateUrl = read('STATE_DATABASE_URL')
  if (stateUrl !== undefined) postgresUrl(stateUrl, 'STATE_DATABASE_URL', problems, 'environment')
  const redisUrl = read('REDIS_URL')
  if (redisUrl !== undefined) checkUrl(redisUrl, 'REDIS_URL', ['redis:', 'rediss:'], problems, 'environment')
  if (problems.length > 0 || file === undefined) throw new ConfigError(problems)
  return {
    file: source.path,
    databases,
    policy: file.policy,
    checks: overridden.checks,
    http: file.http,
    state: { url: stateUrl ?? null, directory: resolve(options.cwd, file.state.directory) },
    redisUrl: redisUrl ?? null,
    maxSeries: file.metrics.maxSeries,
    logLevel: file.log.level,
  }
}

/** Variables that stand for a key of the file. */
const SETTINGS = {
  AUTHWATCH_HTTP_HOST: ['http', 'host'],
  AUTHWATCH_HTTP_PORT: ['http', 'port'],
  AUTHWATCH_STATE_DIRECTORY: ['state', 'directory'],
  AUTHWATCH_LOG_LEVEL: ['log', 'level'],
} as const

function applyEnvironment(source: Source, env: Environment, problems: ConfigProblem[]): unknown {
  for (const name of Object.keys(env)) {
    if (name.startsWith('AUTHWATCH_') && !name.startsWith('AUTHWATCH_TEST_') && !(name in environment)) {
      problems.push({ where: 'environment', path: name, message: 'no such setting; the README lists them' })
    }
  }
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    return source.value
  const value: Record<string, unknown> = { ...source.value }
  for (const [name, [section, key]] of Object.entries(SETTINGS)) {
    const text = env[name]
    if (text === undefined || text === '') continue
    const given = key === 'port' ? Number(text) : text
    const existing = value[section]
    value[section] = { ...(typeof existing === 'object' ? existing : {}), [key]: given }
  }
  return value
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  )
}

function parseFile(value: unknown, source: Source, problems: ConfigProblem[]): FileConfig | undefined {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) problems.push(...describe(issue, source))
  return undefined
}

function describe(issue: z.core.$ZodIssue, source: Source): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      const secret = key === 'url' ? ': secrets do not belong in this file; name a variable with urlEnv' : ''
      return { where: source.where(path), path: pathText(path), message: `unknown key${secret}` }
    })
  }
  return [{ where: source.where(issue.path), path: pathText(issue.path), message: issue.message }]
}

function duplicates(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
}
