import pg from 'pg'
import { SCHEMAS } from './schemas/index.ts'
import type { Naming } from './schemas/test-schema.ts'

/** The PostgreSQL server of a run of tests: what the global setup hands to the test files. */
export interface BenchServer {
  /** The superuser's URL of the maintenance database. */
  readonly adminUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    benchServer: BenchServer
  }
}

export function templateName(naming: Naming): string {
  return `template_${naming.toLowerCase()}`
}

/** The same server and user, another database. */
export function databaseUrl({ adminUrl }: BenchServer, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** Runs statements in the maintenance database, one after another, each on its own (no transaction). */
export async function administer(server: BenchServer, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({
    connectionString: server.adminUrl,
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
  })
  // A server that is stopped meanwhile must fail the statement, not end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Makes the template database from which {@link testDatabase} clones. */
export async function buildTemplate(server: BenchServer, naming: Naming): Promise<void> {
  const name = templateName(naming)
  await administer(server, [`create database ${pg.escapeIdentifier(name)}`])
  await SCHEMAS[naming].build(databaseUrl(server, name))
  // A connection to a template would make its clones fail.
  await administer(server, [`alter database ${pg.escapeIdentifier(name)} allow_connections false`])
}
