import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { columnsOf, type Table, tableNames } from '../../src/catalogue/tables.ts'
import type { environment } from '../../src/config/schema.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { administer } from '../support/bench-server.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type ProbeFleet, startProbeFleet } from '../support/probe-fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { SCHEMAS } from '../support/schemas/index.ts'
import type { Planted } from './evidence.ts'

type Environment = typeof environment
/** Every variable that holds a secret: one that is added has to be planted here, or nothing compiles. */
export type SecretName = {
  [Name in keyof Environment]: Environment[Name]['secret'] extends true ? Name : never
}[keyof Environment]

/** Real servers, databases and a queue with a recognisable secret wherever one can be. */
export interface PlantedWorld extends AsyncDisposable {
  readonly fleet: ProbeFleet
  readonly state: StateDatabase
  readonly redis: TestRedis
  readonly other: TestDatabase
  /** For a worker that watches all of it on this port. */
  readonly port: number
  readonly env: Readonly<Record<SecretName | 'OTHER_DATABASE_URL', string>>
  readonly config: Readonly<Record<string, unknown>>
  /** All that was planted, and the secrets that the application has made since. */
  planted(): Promise<Planted>
}

/** Never what a program writes by itself, and with all that URLs, JSON and HTML write otherwise. */
export function secret(name: string): string {
  return `Pl4nted&${name}<${randomBytes(12).toString('hex')}>:@"/'`
}

/** As {@link secret}, of letters and digits only: for what travels in headers and cookies. */
export function token(name: string): string {
  return `Pl4nted.${name}.${randomBytes(24).toString('hex')}`
}

export async function plantWorld(): Promise<PlantedWorld> {
  const opened: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  const keep = async <T extends AsyncDisposable>(opening: Promise<T>): Promise<T> => {
    const thing = await opening
    opened.push(async () => thing[Symbol.asyncDispose]())
    return thing
  }
  try {
    const port = await freePort()
    const tokens = { ingest: token('ingest'), attestation: token('attestation'), redis: token('redis') }
    const ingest = { url: `http://127.0.0.1:${port}/ingest`, token: tokens.ingest, intervalMs: 500 }
    const roles = makeRoles()
    opened.push(roles.drop)
    const [fleet, redis, state, other] = await Promise.all([
      keep(startProbeFleet({ names: SERVERS, overrides: { attestationToken: tokens.attestation, ingest } })),
      keep(startRedis({ args: ['--requirepass', tokens.redis] })),
      keep(stateDatabase()),
      keep(testDatabase('camelCase')),
    ])
    const rows = await plantRows(other)
    const env = {
      DATABASE_URL: await roles.url(fleet.fleet.databaseUrl, 'reader', 'in role pg_read_all_data'),
      OTHER_DATABASE_URL: await roles.url(other.url, 'other', 'in role pg_read_all_data'),
      // So that pg_dump's rights and Prisma's migrations are those of an owner.
      STATE_DATABASE_URL: await roles.url(state.url, 'state', 'superuser'),
      FIX_DATABASE_URL: await roles.url(other.url, 'fixer', 'in role pg_read_all_data'),
      REDIS_URL: `redis://:${tokens.redis}@127.0.0.1:${redis.port}`,
      BETTER_AUTH_SECRET: fleet.fleet.secrets.auth,
      EXTENSION_TOKEN_SECRET: fleet.fleet.secrets.extensionToken,
      AUTHWATCH_CANARY_EMAIL: fleet.canary.email,
      AUTHWATCH_CANARY_PASSWORD: fleet.canary.password,
      AUTHWATCH_CANARY_SESSION: fleet.canary.session,
      AUTHWATCH_CANARY_API_KEY: fleet.canary.apiKey,
      AUTHWATCH_INGEST_TOKEN: tokens.ingest,
      AUTHWATCH_INGEST_TOKEN_NEXT: token('ingest-next'),
      AUTHWATCH_ATTESTATION_TOKEN: tokens.attestation,
      AUTHWATCH_WORKER_URL: `http://scraper:${token('worker')}@127.0.0.1:${port}`,
    }
    const planted = async () =>
      new Map([...secretsIn(env), ...rows, ...(await madeSince(fleet)), ...settingsOf(fleet)])
    return {
      ...{ fleet, redis, state, other, port, env, planted },
      config: configOf(fleet),
      [Symbol.asyncDispose]: close,
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

const SERVERS = ['crm-a', 'crm-b']

/** Login roles with a secret each; a role belongs to the server, and goes after its database. */
function makeRoles() {
  const server = inject('benchServer')
  const names: string[] = []
  return {
    url: async (databaseUrl: string, purpose: string, rights: string): Promise<string> => {
      const name = `planted_${purpose}_${randomBytes(4).toString('hex')}`
      const password = secret(`${purpose}-password`)
      await administer(server, [`create role ${name} login password ${pg.escapeLiteral(password)} ${rights}`])
      names.push(name)
      const url = new URL(databaseUrl)
      url.username = name
      url.password = encodeURIComponent(password)
      return url.href
    },
    drop: () =>
      administer(
        server,
        names.map((name) => `drop role if exists ${name}`),
      ),
  }
}

/** A secret in every column that may not be shown, in rows that many checks complain about. */
async function plantRows(database: TestDatabase): Promise<Planted> {
  const planted = new Map<string, string>()
  const longAgo = new Date(Date.now() - 40 * 86_400_000)
  for (const table of tableNames.filter((each) => SCHEMAS[database.naming].tables[each] !== undefined)) {
    const columns = columnsOf(table).filter(({ name }) => hasColumn(database, table, name))
    const secrets = columns
      .filter(({ privacy }) => privacy !== 'shown')
      .map(({ name }) => [name, secret(`${table}-${name}`)] as const)
    for (const [name, value] of secrets) planted.set(`${table}.${name}`, value)
    const faults = columns.flatMap(({ name, spec }): readonly (readonly [string, unknown])[] => {
      if (/^(userId|referenceId|organizationId|inviterId)$/.test(name)) return [[name, 'nobody']]
      if (spec.type === 'time') return table === 'session' && name === 'expiresAt' ? [] : [[name, longAgo]]
      return []
    })
    await database.insert(table, Object.fromEntries([...faults, ...secrets]))
  }
  return planted
}

function hasColumn(database: TestDatabase, table: Table, column: string): boolean {
  try {
    return database.physical(table).column(column) !== ''
  } catch {
    return false
  }
}

function secretsIn(env: PlantedWorld['env']): Planted {
  return new Map(
    Object.entries(env).map(([name, value]) => {
      if (!URL.canParse(value)) return [name, value]
      const { password } = new URL(value)
      return [name, decodeURIComponent(password)]
    }),
  )
}

/** The sessions, keys and hashes that the application keeps, those of the worker's own probes too. */
async function madeSince({ sql }: ProbeFleet): Promise<Planted> {
  const names = tableNames.flatMap((table) =>
    columnsOf(table).flatMap(({ name, privacy }) => (privacy === 'secret' ? [name.toLowerCase()] : [])),
  )
  const columns = await sql(
    `select table_name as "table", column_name as "column" from information_schema.columns
      where table_schema = 'public' and replace(lower(column_name), '_', '') = any($1)`,
    [names],
  )
  const found = new Map<string, string>()
  for (const { table, column } of columns) {
    const name = pg.escapeIdentifier(String(column))
    const rows = await sql(
      `select ${name} as secret from ${pg.escapeIdentifier(String(table))} where ${name} <> '' limit 200`,
    )
    for (const [i, row] of rows.entries())
      found.set(`${table}.${column} ${i} of the application`, String(row.secret))
  }
  return found
}

/** A server with another secret than the worker knows has one to lose, too. */
function settingsOf({ fleet }: ProbeFleet): Planted {
  return new Map(
    fleet.servers.flatMap(({ name, settings }) => [
      [`secret of ${name}`, settings.secret],
      [`extension secret of ${name}`, settings.extensionTokenSecret],
    ]),
  )
}

function configOf({ watched }: ProbeFleet): Readonly<Record<string, unknown>> {
  const { servers, origins, routes, canaries, policy } = watched
  const { tenant, foreignTenant, userId, organizationId } = canaries
  return {
    databases: [
      { name: 'app', urlEnv: 'DATABASE_URL' },
      { name: 'other', urlEnv: 'OTHER_DATABASE_URL', fixUrlEnv: 'FIX_DATABASE_URL' },
    ],
    ...{ servers, origins },
    routes: { ...routes, attestation: '/authwatch/attestation' },
    canary: { tenant, foreignTenant, userId, organizationId },
    policy: { cookie: policy.cookie, extensionToken: { scopes: policy.extensionToken.scopes } },
    checks: {
      'session.expired_backlog': { thresholds: { offenders: 0 } },
      'verification.expired_backlog': { thresholds: { offenders: 0 } },
      'api_key.expired_enabled': { thresholds: { offenders: 0 } },
      'session.user_missing': { every: '10s' },
    },
    log: { level: 'debug' },
  }
}
