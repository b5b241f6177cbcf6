import { resolve } from 'node:path'
import type { z } from 'zod'
import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import type { Canaries, ExpectedSecrets, Routes, ServerAddress } from '../catalogue/fleet.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { overrideChecks } from '../catalogue/override.ts'
import type { Policy } from '../catalogue/policy.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { type DatabaseConfig, readDatabases } from './databases.ts'
import type { Environment } from './environment.ts'
import { configSchema, environment, type FileConfig } from './schema.ts'
import { checkRedisUrl, postgresUrl, secretReader } from './secrets.ts'
import { readSource, type Source } from './source.ts'

/** The application's servers and what probes are given. Holds secrets. */
export interface FleetConfig {
  readonly servers: readonly ServerAddress[]
  readonly origins: readonly string[]
  readonly routes: Routes
  readonly canaries: Canaries
  readonly secrets: ExpectedSecrets
}

/** The configuration with everything resolved: files read, environment applied, checks overridden. */
export interface Config {
  /** Path of the file it came from, or null when there is none. */
  readonly file: string | null
  readonly databases: readonly DatabaseConfig[]
  readonly policy: Policy
  readonly checks: readonly Check[]
  readonly alerts: AlertPolicy
  readonly fleet: FleetConfig
  readonly http: FileConfig['http']
  readonly state: { readonly url: string | null; readonly directory: string }
  readonly redisUrl: string | null
  /** What applications may report their events with, each; empty: events are not taken. Secret. */
  readonly ingestTokens: readonly string[]
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

/** What is judged and from when on it is a fault. */
export type AlertingConfig = Pick<Config, 'checks' | 'alerts'>

/** Reads what needs no secret, for a machine that has none. Throws ConfigError with every fault found in it. */
export function loadAlerting(options: LoadOptions): AlertingConfig {
  const problems: ConfigProblem[] = []
  const { file, checks } = readFile(options, problems)
  if (problems.length > 0 || file === undefined) throw new ConfigError(problems)
  return { checks, alerts: file.alerts }
}

function readFile(options: LoadOptions, problems: ConfigProblem[]) {
  const named = options.path ?? (options.env.AUTHWATCH_CONFIG || undefined)
  const source = readSource({ cwd: options.cwd, named }, problems)
  const file = parseFile(applyEnvironment(source, options.env, problems), source, problems)
  const overridden = overrideChecks(options.catalogue, file?.checks ?? {})
  for (const { path, message } of overridden.problems) {
    problems.push({ where: source.where(path), path: pathText(path), message })
  }
  return { source, file, checks: overridden.checks }
}

/** Reads file and environment. Throws ConfigError with every fault found, never with the value of a secret. */
export function loadConfig(options: LoadOptions): Config {
  const problems: ConfigProblem[] = []
  const { source, file, checks } = readFile(options, problems)
  const read = secretReader(options, problems)
  const databases = readDatabases(file?.databases ?? [], { read, source, problems })
  nameProblems([...databases, ...(file?.servers ?? [])], source, problems)
  const secrets = readSecrets(read, problems)
  if (problems.length > 0 || file === undefined) throw new ConfigError(problems)
  const { servers, origins, routes, canary, policy, alerts, http } = file
  return {
    ...{ file: source.path, databases, policy, alerts, http, checks },
    fleet: {
      servers,
      origins,
      routes,
      canaries: { ...canary, ...secrets.canaries },
      secrets: secrets.expected,
    },
    state: { url: secrets.stateUrl, directory: resolve(options.cwd, file.state.directory) },
    redisUrl: secrets.redisUrl,
    ingestTokens: secrets.ingestTokens,
    maxSeries: file.metrics.maxSeries,
    logLevel: file.log.level,
  }
}

function readSecrets(read: (name: string) => string | undefined, problems: ConfigProblem[]) {
  const stateUrl = read('STATE_DATABASE_URL')
  if (stateUrl !== undefined) postgresUrl(stateUrl, 'STATE_DATABASE_URL', problems, 'environment')
  const redisUrl = read('REDIS_URL')
  if (redisUrl !== undefined) checkRedisUrl(redisUrl, problems)
  const email = read('AUTHWATCH_CANARY_EMAIL')
  const password = read('AUTHWATCH_CANARY_PASSWORD')
  if ((email === undefined) !== (password === undefined)) {
    const path = email === undefined ? 'AUTHWATCH_CANARY_EMAIL' : 'AUTHWATCH_CANARY_PASSWORD'
    problems.push({
      where: 'environment',
      path,
      message: 'not set, though the other half of the canary account is',
    })
  }
  const account = email === undefined || password === undefined ? undefined : { email, password }
  const canaries = {
    account,
    session: read('AUTHWATCH_CANARY_SESSION'),
    apiKey: read('AUTHWATCH_CANARY_API_KEY'),
  }
  const expected = {
    auth: read('BETTER_AUTH_SECRET'),
    extensionToken: read('EXTENSION_TOKEN_SECRET'),
    attestationToken: read('AUTHWATCH_ATTESTATION_TOKEN'),
  }
  const ingestTokens = readIngestTokens(read, problems)
  return { stateUrl: stateUrl ?? null, redisUrl: redisUrl ?? null, canaries, expected, ingestTokens }
}

/** Shorter ones could be guessed over the network in time. */
const MIN_TOKEN_LENGTH = 32

function readIngestTokens(
  read: (name: string) => string | undefined,
  problems: ConfigProblem[],
): readonly string[] {
  return ['AUTHWATCH_INGEST_TOKEN', 'AUTHWATCH_INGEST_TOKEN_NEXT'].flatMap((path) => {
    const token = read(path)
    if (token === undefined) return []
    if (token.length < MIN_TOKEN_LENGTH || /\s/.test(token)) {
      const message = `use ${MIN_TOKEN_LENGTH} random characters or more without spaces, as of \`openssl rand -base64 32\``
      problems.push({ where: 'environment', path, message })
    }
    return [token]
  })
}

/** Names become one label, so that a database and a server cannot share one. */
function nameProblems(
  named: readonly { readonly name: string }[],
  { where }: Source,
  problems: ConfigProblem[],
): void {
  for (const [name, group] of groupBy(named, (each) => each.name)) {
    if (group.length > 1)
      problems.push({
        where: where(['databases']),
        path: 'databases',
        message: `two databases or servers are named ${name}`,
      })
    if (name === 'fleet')
      problems.push({
        where: where(['servers']),
        path: 'servers',
        message: 'the name fleet stands for all servers',
      })
  }
}

/** Variables that stand for a key of the file. */
const SETTINGS = {
  AUTHWATCH_HTTP_HOST: ['http', 'host'],
  AUTHWATCH_HTTP_PORT: ['http', 'port'],
  AUTHWATCH_WEB_CONFIG_FILE: ['http', 'webConfigFile'],
  AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED: ['http', 'allowUnauthenticated'],
  AUTHWATCH_STATE_DIRECTORY: ['state', 'directory'],
  AUTHWATCH_LOG_LEVEL: ['log', 'level'],
} as const

function applyEnvironment(source: Source, env: Environment, problems: ConfigProblem[]): unknown {
  for (const name of Object.keys(env)) {
    if (name.startsWith('AUTHWATCH_') && !name.startsWith('AUTHWATCH_TEST_') && !isKnown(name)) {
      problems.push({ where: 'environment', path: name, message: 'no such setting; the README lists them' })
    }
  }
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    return source.value
  const value: Record<string, unknown> = { ...source.value }
  for (const [name, [section, key]] of Object.entries(SETTINGS)) {
    const text = env[name]
    if (text === undefined || text === '') continue
    const given = key === 'port' ? Number(text) : key === 'allowUnauthenticated' ? truthOf(text) : text
    const existing = value[section]
    value[section] = { ...(typeof existing === 'object' ? existing : {}), [key]: given }
  }
  return value
}

/** What is neither stays text, which the schema refuses. */
function truthOf(text: string): boolean | string {
  return text === 'true' || (text === 'false' ? false : text)
}

/** A secret may be in a file that another variable names: see `secretReader`. */
function isKnown(name: string): boolean {
  const known: Readonly<Record<string, { readonly secret: boolean }>> = environment
  return name in known || (name.endsWith('_FILE') && known[name.slice(0, -'_FILE'.length)]?.secret === true)
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
