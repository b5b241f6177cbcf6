import { DEFAULT_TABLES } from './default-tables.ts'
import { migrateBetterAuth } from './migrate-better-auth.ts'
import type { TestSchema } from './test-schema.ts'

export const camelCase: TestSchema = {
  postgresSchema: 'public',
  tables: DEFAULT_TABLES,
  column: (_table, logical) => logical,
  build: async (url) => await migrateBetterAuth({ url, naming: 'camelCase' }),
}
