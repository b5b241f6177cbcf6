import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { catalogue } from '../../src/commands/catalogue.ts'
import { type Complaint, diagnose } from '../../src/commands/diagnose.ts'
import type { Terminal } from '../../src/commands/terminal/terminal.ts'
import { type Config, loadConfig } from '../../src/config/load.ts'
import { SESSION_COOKIE } from '../../src/demo/cookie-policy.ts'
import { type ProbeFleet, startProbeFleet } from '../support/probe-fleet.ts'

const step = z.looseObject({ question: z.string(), sign: z.enum(['good', 'bad', 'unknown', 'skipped']) })
const found = z.looseObject({
  cause: z.string(),
  severity: z.string(),
  link: z.string(),
  fix: z.object({ say: z.string(), run: z.array(z.string()).optional() }),
})
const report = z.object({
  cause: found.nullable(),
  steps: z.array(step.and(z.looseObject({ evidence: z.string() }))),
})

export interface Diagnosed extends z.infer<typeof report> {
  readonly code: number
}

/** Two real servers of the demo CRM, and the configuration of who diagnoses them. */
export interface DiagnosedCrm extends AsyncDisposable {
  readonly probes: ProbeFleet
  readonly config: Config
  /**
   * Runs `authwatch diagnose --json`, with this on standard input. Fails the test when anything in the database is another
   * than before, or when what was given or any secret of the fleet is in the output.
   */
  diagnose(complaint: Complaint, input?: string): Promise<Diagnosed>
  /** What a person at the terminal sees of it. */
  text(complaint: Complaint, input?: string): Promise<string>
  /** Runs a statement on one row (`$1` is its id) while `work` runs, and gives the row back what it held. */
  whileRow(row: { table: string; id: string; sql: string }, work: () => Promise<void>): Promise<void>
}

const TABLES = ['"user"', 'session', 'account', 'member', 'organization', 'api_key', 'verification', 'jwks']

export async function startDiagnosedCrm(): Promise<DiagnosedCrm> {
  const probes = await startProbeFleet({ names: ['crm-a', 'crm-b'], overrides: { rateLimit: false } })
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-diagnosed-'))
  const config = await configOf(probes, folder)
  const everything = async () => {
    const all = TABLES.map((table) => `select '${table}' as name, to_jsonb(t) as row from ${table} t`)
    const rows = await probes.sql(
      `select name, row from (${all.join(' union all ')}) a order by name, row->>'id'`,
    )
    return JSON.stringify(rows)
  }
  const secrets = () => [
    ...Object.values(probes.fleet.secrets),
    probes.canary.password,
    probes.canary.apiKey,
    decodeURIComponent(probes.canary.session),
    tokenOf(probes.canary.session),
  ]
  const run = async (complaint: Complaint, input: string, json: boolean) => {
    const said: string[] = []
    const code = await diagnose(config, { complaint, database: undefined, json }, terminalOf(said, input))
    return { code, said: said.join('') }
  }
  return {
    probes,
    config,
    async diagnose(complaint, input = '') {
      const before = await everything()
      const { code, said } = await run(complaint, input, true)
      expect(await everything()).toBe(before)
      for (const secret of [...secrets(), ...(input === '' ? [] : [input])]) {
        expect(said).not.toContain(secret)
      }
      return { ...report.parse(JSON.parse(said)), code }
    },
    async text(complaint, input = '') {
      const { said } = await run(complaint, input, false)
      for (const secret of secrets()) expect(said).not.toContain(secret)
      return said
    },
    whileRow: (row, work) => whileRow(probes, row, work),
    async [Symbol.asyncDispose]() {
      await probes[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function tokenOf(cookie: string): string {
  return decodeURIComponent(cookie).split('.')[0]!
}

function terminalOf(said: string[], input: string): Terminal {
  return {
    ...{ env: {}, cwd: '/', colours: false, interactive: false, stop: new AbortController().signal },
    out: (text) => void said.push(text),
    err: (text) => void said.push(text),
    ask: () => Promise.reject(new Error('nobody is asked')),
    read: async () => input,
  }
}

async function configOf({ fleet, canary, watched }: ProbeFleet, folder: string): Promise<Config> {
  const file = {
    databases: [{ name: 'crm' }],
    servers: watched.servers,
    origins: watched.origins,
    routes: { tenant: '/api/records', extension: '/api/actions/refresh', debug: '/debug/session' },
    canary: {
      tenant: canary.tenant,
      foreignTenant: canary.foreignTenant,
      userId: canary.userId,
      organizationId: canary.tenantId,
    },
    policy: { cookie: { name: SESSION_COOKIE }, extensionToken: { scopes: ['actions:invoke'] } },
    // Nothing listens there.
    http: { port: 9 },
  }
  await writeFile(join(folder, 'authwatch.yaml'), stringify(file))
  const env = {
    DATABASE_URL: fleet.databaseUrl,
    BETTER_AUTH_SECRET: fleet.secrets.auth,
    EXTENSION_TOKEN_SECRET: fleet.secrets.extensionToken,
    AUTHWATCH_CANARY_EMAIL: canary.email,
    AUTHWATCH_CANARY_PASSWORD: canary.password,
    AUTHWATCH_CANARY_API_KEY: canary.apiKey,
    AUTHWATCH_CANARY_SESSION: canary.session,
  }
  return loadConfig({ env, cwd: folder, catalogue })
}

async function whileRow(
  { sql }: ProbeFleet,
  row: { readonly table: string; readonly id: string; readonly sql: string },
  work: () => Promise<void>,
): Promise<void> {
  const { table, id } = row
  const [kept] = await sql(`select to_jsonb(t) as row from ${table} t where id = $1`, [id])
  await sql(row.sql, [id])
  try {
    await work()
  } finally {
    const columns = Object.keys(z.object({ row: z.record(z.string(), z.unknown()) }).parse(kept).row)
    const set = columns.map((column) => `${column} = excluded.${column}`).join(', ')
    await sql(
      `insert into ${table} select * from jsonb_populate_record(null::${table}, $1) on conflict (id) do update set ${set}`,
      [JSON.stringify(kept?.row)],
    )
  }
}
