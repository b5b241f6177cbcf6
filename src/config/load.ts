import { resolve } from 'node:path'
import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import type { Canaries, ExpectedSecrets, Routes, ServerAddress } from '../catalogue/fleet.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { overrideChecks } from '../catalogue/override.ts'
import type { Policy } from '../catalogue/policy.ts'
import { applyEnvironment } from './apply-environment.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { type DatabaseConfig, readDatabases } from './databases.ts'
import type { Environment } from './environment.ts'
import { parseFile, pathText } from './parse-file.ts'
import { readSecrets } from './read-secrets.ts'
import type { FileConfig } from './schema.ts'
import { secretReader } from './secret-reader.ts'
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
  /** Where a command finds a worker; null: as `http` says. May hold a password. */
  readonly workerUrl: string | null
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
    workerUrl: secrets.workerUrl,
    maxSeries: file.metrics.maxSeries,
    logLevel: file.log.level,
  }
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
