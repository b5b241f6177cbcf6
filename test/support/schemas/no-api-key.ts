import { DEFAULT_TABLES } from './default-tables.ts'
import { migrateBetterAuth } from './migrate-better-auth.ts'
import type { TestSchema } from './test-schema.ts'

const { apiKey: _apiKey, ...tables } = DEFAULT_TABLES

export const noApiKey: TestSchema = {
  postgresSchema: 'public',
  tables,
  column: (_table, logical) => logical,
  build: async (url) => await migrateBetterAuth({ url, naming: 'noApiKey' }),
}
