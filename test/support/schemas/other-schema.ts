import { DEFAULT_TABLES } from './default-tables.ts'
import { migrateBetterAuth } from './migrate-better-auth.ts'
import { runSql } from './run-sql.ts'
import type { TestSchema } from './test-schema.ts'

export const otherSchema: TestSchema = {
  postgresSchema: 'auth',
  tables: DEFAULT_TABLES,
  column: (_table, logical) => logical,
  async build(url) {
    await runSql(url, 'create schema auth')
    await migrateBetterAuth({ url, naming: 'otherSchema', searchPath: 'auth' })
  },
}
