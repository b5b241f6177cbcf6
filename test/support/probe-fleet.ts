import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { z } from 'zod'
import { defaultPolicy } from '../../src/catalogue/policy.ts'
import type { ProbeCheck } from '../../src/catalogue/probe.ts'
import type { Verdict } from '../../src/catalogue/result.ts'
import { signingKeys } from '../../src/database/signing-keys.ts'
import { type Answer, createClient } from '../../src/demo/client.ts'
import { SESSION_COOKIE } from '../../src/demo/cookie-policy.ts'
import type { Fleet as DemoFleet, SettingsPatch } from '../../src/demo/fleet.ts'
import { openTarget } from '../../src/run/open-target.ts'
import { FLEET, type Fleet, runProbe } from '../../src/run/run-probe.ts'
import { probeUserAgent } from '../../src/servers/probe-user-agent.ts'
import { probeDispatcher } from '../../src/servers/server-client.ts'
import { administer, databaseUrl } from './bench-server.ts'
import { startCompiledFleet } from './compiled-fleet.ts'
import { closing, openTogether } from './open-together.ts'

const SERVERS = ['crm-a', 'crm-b', 'crm-c'] as const
export const HOSTILE_ORIGIN = 'https://authwatch-hostile.example'

/** Real servers of the demo CRM, a canary account in it, and what a worker that probes them is configured with. */
export interface ProbeFleet extends AsyncDisposable {
  readonly fleet: DemoFleet
  /** What the worker is configured with: healthy values, whatever a server is patched with. */
  readonly watched: Fleet
  readonly canary: Canary
  /** Runs a probe as the worker does, on one server or on `fleet`; what is given replaces the configuration. */
  run(check: ProbeCheck, target: string, changes?: Partial<Fleet>): Promise<Verdict>
  /** As `run`, on every server. */
  runAll(check: ProbeCheck, changes?: Partial<Fleet>): Promise<Readonly<Record<string, Verdict>>>
  /** The configuration with one server behind another address, such as that of a proxy. */
  behind(name: string, url: string): Pick<Fleet, 'servers'>
  /** Gives one server these settings while `work` runs, and then back what it had. */
  whilePatched(name: string, patch: SettingsPatch, work: () => Promise<void>): Promise<void>
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** How many there are, of everybody: a probe leaves none behind. */
  sessions(): Promise<number>
}

export interface Canary {
  readonly userId: string
  readonly email: string
  readonly password: string
  /** Slug and id of the organization it belongs to. */
  readonly tenant: string
  readonly tenantId: string
  /** One it does not belong to. */
  readonly foreignTenant: string
  readonly foreignTenantId: string
  readonly apiKey: string
  readonly apiKeyId: string
  /** Value of the session cookie, and id of the session. */
  readonly session: string
  readonly sessionId: string
}

export interface ProbeFleetOptions {
  /** Names of the servers. */
  readonly names?: readonly string[]
  /** For all servers, from the start. */
  readonly overrides?: SettingsPatch
}

/** Starts it in a database of its own on the run's PostgreSQL: some 5 s on two cores. */
export async function startProbeFleet(options: ProbeFleetOptions = {}): Promise<ProbeFleet> {
  const { names = SERVERS, overrides = {} } = options
  const bench = inject('benchServer')
  const database = `probes_${randomBytes(6).toString('hex')}`
  return await openTogether(async (keep) => {
    await administer(bench, [`create database ${database}`])
    keep(closing(() => administer(bench, [`drop database if exists ${database} with (force)`])))
    const url = databaseUrl(bench, database)
    const fleet = keep(await startCompiledFleet({ databaseUrl: url, names, overrides }))
    const canary = await makeCanary(fleet)
    const dispatcher = probeDispatcher()
    keep(closing(() => dispatcher[Symbol.asyncDispose]()))
    const target = keep(
      openTarget({ name: 'app', url, policy: defaultPolicy, overrides: {}, clock: Date.now }),
    )
    const watched = watchedFleet({ fleet, canary, dispatcher, keys: signingKeys(target) })
    return describeFleet({ fleet, canary, watched, url })
  })
}

function describeFleet(made: {
  readonly fleet: DemoFleet
  readonly canary: Canary
  readonly watched: Fleet
  readonly url: string
}): Omit<ProbeFleet, typeof Symbol.asyncDispose> {
  const { fleet, canary, watched, url } = made
  const run: ProbeFleet['run'] = async (check, target, changes = {}) => {
    const known = [FLEET, ...(changes.servers ?? watched.servers).map(({ name }) => name)]
    if (!known.includes(target)) throw new RangeError(`There is no server ${target}.`)
    const all = { ...watched, ...changes }
    const result = await runProbe(check, { target, fleet: all, clock: Date.now, onStep: () => {} })
    return result.verdict
  }
  return {
    ...{ fleet, canary, watched, run },
    async runAll(check, changes = {}) {
      const { servers } = { ...watched, ...changes }
      const verdicts = await Promise.all(
        servers.map(async ({ name }) => [name, await run(check, name, changes)] as const),
      )
      return Object.fromEntries(verdicts)
    },
    behind: (name, url) => ({
      servers: watched.servers.map((server) => (server.name === name ? { ...server, url } : server)),
    }),
    async whilePatched(name, patch, work) {
      const before = fleet.server(name).settings
      try {
        await fleet.restart(name, patch)
        await work()
      } finally {
        await fleet.restart(name, before)
      }
    },
    sql: (text, values = []) => query({ url, text, values }),
    async sessions() {
      const [row] = await query({ url, text: 'select count(*)::int as rows from session', values: [] })
      return Number(row?.rows)
    },
  }
}

/** The configuration is what was declared at the start: a server that is patched later is wrong, not the worker. */
function watchedFleet(made: {
  readonly fleet: DemoFleet
  readonly canary: Canary
  readonly dispatcher: Fleet['dispatcher']
  readonly keys: NonNullable<Fleet['signingKeys']>
}): Fleet {
  const { fleet, canary, dispatcher, keys } = made
  const { settings } = fleet.servers[0]!
  return {
    servers: fleet.servers.map(({ name, url, publicUrl }) => ({ name, url, publicUrl })),
    origins: settings.trustedOrigins,
    hostileOrigin: HOSTILE_ORIGIN,
    routes: {
      auth: '/api/auth',
      tenant: '/api/records',
      extension: '/api/actions/refresh',
      debug: '/debug/session',
    },
    policy: {
      ...defaultPolicy,
      cookie: { name: SESSION_COOKIE },
      extensionToken: { ...defaultPolicy.extensionToken, scopes: ['actions:invoke'] },
    },
    canaries: {
      account: { email: canary.email, password: canary.password },
      session: canary.session,
      apiKey: canary.apiKey,
      tenant: canary.tenant,
      foreignTenant: canary.foreignTenant,
      userId: canary.userId,
      organizationId: canary.tenantId,
    },
    secrets: fleet.secrets,
    signingKeys: keys,
    userAgent: probeUserAgent('test'),
    dispatcher,
  }
}

const signedUp = z.object({ user: z.object({ id: z.string() }) })
const signedIn = z.object({ session: z.object({ id: z.string(), activeOrganizationId: z.string() }) })
const madeKey = z.object({ id: z.string(), key: z.string() })

/** Through the CRM's own API: the canary in one organization, a stranger in another. */
async function makeCanary(fleet: DemoFleet): Promise<Canary> {
  const { url, settings } = fleet.servers[0]!
  const password = randomBytes(12).toString('base64url')
  const origin = settings.trustedOrigins[0] ?? settings.baseURL
  const person = async (slug: string, address: string) => {
    const client = createClient({ origin, address })
    const email = `owner@${slug}.example.com`
    const headers = { 'x-tenant-id': slug }
    const json = { email, password, name: slug }
    const { user } = expectBody(
      await client.call(`${url}/api/auth/sign-up/email`, { json, headers }),
      signedUp,
    )
    await client.call(`${url}/api/auth/sign-in/email`, { json: { email, password } })
    const { session } = expectBody(await client.call(`${url}/api/auth/get-session`), signedIn)
    return { client, email, userId: user.id, session }
  }
  // Addresses that RFC 2544 keeps for tests: the canary's own sign-ins share no limit with the probes'.
  const [own, stranger] = await Promise.all([person('acme', '198.18.1.1'), person('borealis', '198.18.1.2')])
  const key = expectBody(
    await own.client.call(`${url}/api/auth/api-key/create`, { json: { name: 'canary' } }),
    madeKey,
  )
  return {
    userId: own.userId,
    email: own.email,
    password,
    tenant: 'acme',
    tenantId: own.session.activeOrganizationId,
    foreignTenant: 'borealis',
    foreignTenantId: stranger.session.activeOrganizationId,
    apiKey: key.key,
    apiKeyId: key.id,
    session: sessionCookie(own.client.cookieHeader()),
    sessionId: own.session.id,
  }
}

function sessionCookie(header: string): string {
  const cookie = header.split('; ').find((pair) => pair.startsWith(`__Secure-${SESSION_COOKIE}=`))
  if (cookie === undefined) throw new Error('The demo CRM set no session cookie.')
  return cookie.slice(cookie.indexOf('=') + 1)
}

function expectBody<Schema extends z.ZodType>(answer: Answer, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(answer.body)
  if (parsed.success) return parsed.data
  throw new Error(
    `The demo CRM answered ${answer.status} to the canary: ${JSON.stringify(answer.body ?? null)}`,
  )
}

async function query(options: {
  readonly url: string
  readonly text: string
  readonly values: readonly unknown[]
}): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: options.url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(options.text, [...options.values])).rows
  } finally {
    await client.end()
  }
}
