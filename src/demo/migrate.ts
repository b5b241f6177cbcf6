import { getMigrations } from 'better-auth/db/migration'
import pg from 'pg'
import { authOptions, authPlugins } from './auth.ts'
import type { ServerSettings } from './settings.ts'

/** Makes the CRM's tables: better-auth's, and the column `revoked` that the CRM adds to the API keys. */
export async function migrate(settings: ServerSettings): Promise<void> {
  const pool = new pg.Pool({
    connectionString: settings.databaseUrl,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    max: 2,
  })
  try {
    const { runMigrations } = await getMigrations({ ...authOptions(settings, pool), plugins: authPlugins() })
    await runMigrations()
    await pool.query('alter table api_key add column if not exists revoked boolean not null default false')
  } finally {
    await pool.end()
  }
}
