import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type Client, createClient } from '../../src/demo/client.ts'
import type { Fleet, SettingsPatch } from '../../src/demo/fleet.ts'
import { type Seeded, seed } from '../../src/demo/seed.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { startCompiledFleet } from '../support/compiled-fleet.ts'
import { closing, openTogether } from '../support/open-together.ts'

export type Step = readonly [patch: SettingsPatch, work: () => Promise<void>]

/** Two real servers, crm-a and crm-b, on a real database with the seed in it. */
export interface DemoCrm extends AsyncDisposable {
  readonly fleet: Fleet
  readonly seeded: Seeded
  /** The URL of a route on crm-a, and on crm-b. */
  a(route: string): string
  b(route: string): string
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Runs each step's work while crm-b has its patch, and gives crm-b back what it had. */
  whilePatched(...steps: readonly Step[]): Promise<void>
}

/** Someone with an address of their own: a test that gives each its number shares no rate limit. */
export function visitor(number: number): Client {
  return createClient({ origin: 'https://app.crm.example.com', address: `198.19.0.${number}` })
}

export async function startDemoCrm(): Promise<DemoCrm> {
  return await openTogether(async (keep) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'authwatch-demo-'))
    keep(closing(() => rm(folder, { recursive: true, force: true })))
    const postgres = await startEmbeddedPostgres({ dataDirectory: folder, removeOnStop: true })
    keep(closing(() => postgres.stop()))
    await postgres.createDatabase('crm')
    const databaseUrl = postgres.url('crm')
    const fleet = keep(await startCompiledFleet({ databaseUrl, names: ['crm-a', 'crm-b'] }))
    return describeDemo(fleet, await seed(fleet))
  })
}

function describeDemo(fleet: Fleet, seeded: Seeded): Omit<DemoCrm, typeof Symbol.asyncDispose> {
  return {
    fleet,
    seeded,
    a: (route) => fleet.server('crm-a').url + route,
    b: (route) => fleet.server('crm-b').url + route,
    sql: (text, values = []) => query({ databaseUrl: fleet.databaseUrl, text, values }),
    whilePatched: (...steps) => whilePatched(fleet, steps),
  }
}

async function whilePatched(fleet: Fleet, steps: readonly Step[]): Promise<void> {
  const before = fleet.server('crm-b').settings
  try {
    for (const [patch, work] of steps) {
      await fleet.restart('crm-b', { ...before, ...patch })
      await work()
    }
  } finally {
    await fleet.restart('crm-b', before)
  }
}

async function query(options: {
  readonly databaseUrl: string
  readonly text: string
  readonly values: readonly unknown[]
}): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(options.text, [...options.values])).rows
  } finally {
    await client.end()
  }
}
