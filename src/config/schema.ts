import { z } from 'zod'
import { LOOK_AGAIN } from '../catalogue/look-again.ts'
import { defaultPolicy } from '../catalogue/policy.ts'
import { columnsOf, type Table, tableNames } from '../catalogue/tables.ts'
import { DEFAULT_CONNECTIONS, DEFAULT_REPLAY_LAG } from '../database/connect.ts'
import { alertPolicy } from './alert-schema.ts'
import { canary, cookiePolicy, extensionTokenPolicy, origin, routes, server } from './fleet-schema.ts'
import { duration, interval, name, variable } from './primitives.ts'

const columnNames = (table: Table) => {
  const shape = Object.fromEntries(
    columnsOf(table).map((column) => [column.name, z.string().min(1).optional()]),
  )
  return z.strictObject(shape).optional()
}

const database = z.strictObject({
  name: name.default('app').describe('Label `target` of everything found in this database.'),
  urlEnv: variable
    .default('DATABASE_URL')
    .describe('Environment variable that holds the URL; with `_FILE` appended, a file that holds it.'),
  fixUrlEnv: variable
    .optional()
    .describe(
      'Variable of the URL that `authwatch fix --apply` writes through; default FIX_DATABASE_URL with one database.',
    ),
  connections: z
    .int()
    .min(1)
    .max(10)
    .default(DEFAULT_CONNECTIONS)
    .describe('The most connections that each worker opens to it; long checks take turns whatever it is.'),
  replayLag: duration
    .default(DEFAULT_REPLAY_LAG)
    .describe('How far a standby may be behind its primary; what is older is an error, not a verdict.'),
  schema: z.string().min(1).optional().describe('PostgreSQL schema; found by itself when absent.'),
  tables: z
    .strictObject(Object.fromEntries(tableNames.map((table) => [table, z.string().min(1).optional()])))
    .optional()
    .describe('Physical table names, where they cannot be guessed.'),
  columns: z
    .strictObject(Object.fromEntries(tableNames.map((table) => [table, columnNames(table)])))
    .optional()
    .describe('Physical column names, where they cannot be guessed.'),
})

const policy = z.strictObject({
  sessionLifetime: duration
    .default(defaultPolicy.sessionLifetime)
    .describe("The application's `session.expiresIn`."),
  sessionStorage: z
    .enum(['database', 'secondary'])
    .default(defaultPolicy.sessionStorage)
    .describe(
      '`secondary`: sessions live in secondary storage only, so checks of the session table are skipped.',
    ),
  signUpGrace: duration
    .default(defaultPolicy.signUpGrace)
    .describe('How long a new user may be without an organization.'),
  signUpWindow: duration
    .default(defaultPolicy.signUpWindow)
    .describe('Users created within it show whether the sign-up hook works.'),
  apiKeyExpiringSoon: duration
    .default(defaultPolicy.apiKeyExpiringSoon)
    .describe('Keys that expire within it are announced.'),
  apiKeyUnused: duration.default(defaultPolicy.apiKeyUnused).describe('Keys not used for it are reported.'),
  apiKeyInUse: duration.default(defaultPolicy.apiKeyInUse).describe('Keys used within it count as in use.'),
  cookie: cookiePolicy,
  extensionToken: extensionTokenPolicy,
})

const checkOverride = z.strictObject({
  enabled: z.boolean().default(true).describe('Off: the check is not run and not exported.'),
  every: interval
    .optional()
    .describe(`Interval between runs; at most ${LOOK_AGAIN} while the check fails or cannot look.`),
  timeout: duration.optional().describe('When the database is told to stop.'),
  thresholds: z
    .record(z.string(), z.number())
    .optional()
    .describe('By metric, or `severity.metric` where a check has several conditions on one.'),
})

/** The file's shape. Every default is here or in `catalogue/policy.ts`; every key has its sentence for the reference. */
export const configSchema = z.strictObject({
  databases: z
    .array(database)
    .min(1)
    .max(1000)
    .default([
      {
        name: 'app',
        urlEnv: 'DATABASE_URL',
        connections: DEFAULT_CONNECTIONS,
        replayLag: DEFAULT_REPLAY_LAG,
      },
    ])
    .describe('The databases to watch.'),
  policy: policy.prefault({}).describe('What the application promises about its own authentication.'),
  servers: z
    .array(server)
    .max(1000)
    .default([])
    .describe("The application's servers, each probed by itself."),
  origins: z.array(origin).max(100).default([]).describe('Origins from which browsers use the application.'),
  routes,
  canary,
  checks: z.record(z.string(), checkOverride).default({}).describe('Changes to single checks, by id.'),
  alerts: alertPolicy,
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
      port: z.int().min(0).max(65_535).default(9469).describe('Port to listen on; 0 takes a free one.'),
      webConfigFile: z
        .string()
        .min(1)
        .optional()
        .describe("TLS and users, in the format of Prometheus's exporter-toolkit."),
      allowUnauthenticated: z
        .boolean()
        .default(false)
        .describe('Listen beyond loopback although nobody is asked who they are.'),
    })
    .prefault({})
    .describe('Where metrics and pages are served.'),
  state: z
    .strictObject({
      directory: z
        .string()
        .min(1)
        .default('.authwatch')
        .describe('Folder of the embedded PostgreSQL, used when STATE_DATABASE_URL is not set.'),
    })
    .prefault({})
    .describe("Where authwatch's own state lives."),
  metrics: z
    .strictObject({
      maxSeries: z
        .int()
        .min(1000)
        .max(1_000_000)
        .default(20_000)
        .describe('Series beyond this are dropped and counted.'),
    })
    .prefault({})
    .describe('Limits of what is exported.'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('Least severe level that is logged.'),
    })
    .prefault({})
    .describe('Logging.'),
})

export type FileConfig = z.infer<typeof configSchema>

/** What the environment may say, each variable with its sentence for the reference. Secrets live only here or in files. */
export const environment = {
  DATABASE_URL: { secret: true, help: "URL of the application's database; reading rights suffice." },
  STATE_DATABASE_URL: {
    secret: true,
    help: "PostgreSQL for authwatch's own state. Absent: an embedded one.",
  },
  FIX_DATABASE_URL: {
    secret: true,
    help: 'The same database for a role that may change rows; only `authwatch fix --apply` connects with it.',
  },
  REDIS_URL: { secret: true, help: 'Redis for the queue. Absent: the queue lives in the state database.' },
  BETTER_AUTH_SECRET: { secret: true, help: 'The secret every server should hold; compared, never stored.' },
  EXTENSION_TOKEN_SECRET: { secret: true, help: 'The same for extension tokens.' },
  AUTHWATCH_CANARY_EMAIL: { secret: true, help: 'Account that authwatch may sign in with.' },
  AUTHWATCH_CANARY_PASSWORD: { secret: true, help: 'Its password.' },
  AUTHWATCH_CANARY_SESSION: { secret: true, help: 'Cookie value of a session that should live for days.' },
  AUTHWATCH_CANARY_API_KEY: { secret: true, help: 'API key that authwatch may use.' },
  AUTHWATCH_INGEST_TOKEN: {
    secret: true,
    help: 'What applications report their events with, 32 characters or more. Absent: no events are taken.',
  },
  AUTHWATCH_INGEST_TOKEN_NEXT: {
    secret: true,
    help: 'A second one that is good at the same time, while tokens are exchanged.',
  },
  AUTHWATCH_ATTESTATION_TOKEN: {
    secret: true,
    help: 'Opens the attestation of each server: fingerprints of its secrets, and its settings.',
  },
  AUTHWATCH_WORKER_URL: {
    secret: true,
    help: 'Where `diagnose` and `doctor` ask a worker, with user and password where it wants them. Absent: on this host, as configured.',
  },
  AUTHWATCH_CONFIG: {
    secret: false,
    help: 'Path of the configuration file; default `authwatch.yaml` if it exists.',
  },
  AUTHWATCH_HTTP_HOST: { secret: false, help: 'Same as `http.host`.' },
  AUTHWATCH_HTTP_PORT: { secret: false, help: 'Same as `http.port`.' },
  AUTHWATCH_WEB_CONFIG_FILE: { secret: false, help: 'Same as `http.webConfigFile`.' },
  AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED: { secret: false, help: 'Same as `http.allowUnauthenticated`.' },
  AUTHWATCH_STATE_DIRECTORY: { secret: false, help: 'Same as `state.directory`.' },
  AUTHWATCH_LOG_LEVEL: { secret: false, help: 'Same as `log.level`.' },
} as const satisfies Readonly<Record<string, { secret: boolean; help: string }>>
