import pg from 'pg'
import type { Naming } from './test-schema.ts'

/**
 * Makes a naming's tables with better-auth's own migrations, in the first schema of the search path. better-auth is
 * loaded only now: a test file that uses finished templates need not wait for it.
 */
export async function migrateBetterAuth(options: {
  readonly url: string
  readonly naming: Exclude<Naming, 'olderApiKey' | 'prismaPascal'>
  readonly searchPath?: string
}): Promise<void> {
  const { getMigrations } = await import('better-auth/db/migration')
  const { authOptions } = await import('./auth-options.ts')
  const pool = new pg.Pool({
    connectionString: options.url,
    max: 1,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    options: `-c search_path=${options.searchPath ?? 'public'}`,
  })
  try {
    // Migrating reads no secret, but better-auth warns when it has none.
    const secret = 'only-for-making-tables-0123456789'
    const { runMigrations } = await getMigrations({ ...authOptions(options.naming), secret, database: pool })
    await runMigrations()
  } finally {
    await pool.end()
  }
}
