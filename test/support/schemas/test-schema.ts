/** How a deployment's tables look. Each has a template database on the bench's server. */
export const NAMINGS = [
  /** better-auth 1.7 as it migrates by default. */
  'camelCase',
  /** The same tables renamed by configuration, `api_key`, and an application's own `api_key.revoked`. */
  'snakeCase',
  /** Tables named for models, `timestamp(3)` without time zone, as Prisma makes them. */
  'prismaPascal',
  /** better-auth 1.4: an API key belongs to `userId`, with a foreign key. */
  'olderApiKey',
  'noApiKey',
  /** Neither the plugin's tables nor `session.activeOrganizationId`. */
  'noOrganization',
  /** The tables of `camelCase` in the schema `auth`, and nothing in `public`. */
  'otherSchema',
] as const

export type Naming = (typeof NAMINGS)[number]

/** better-auth's own names for its tables. */
export type LogicalTable =
  | 'user'
  | 'session'
  | 'account'
  | 'verification'
  | 'organization'
  | 'member'
  | 'invitation'
  | 'apiKey'
  | 'jwks'
  | 'twoFactor'
  | 'rateLimit'

export interface TestSchema {
  /** The PostgreSQL schema that holds the tables. */
  readonly postgresSchema: string
  /** The tables' real names, unquoted. A table that is missing here does not exist. */
  readonly tables: Readonly<Partial<Record<LogicalTable, string>>>
  /** The real name, unquoted, of a column that better-auth calls `logical`. */
  column(table: LogicalTable, logical: string): string
  /** Makes the tables in the empty database that the superuser's URL names. */
  build(url: string): Promise<void>
}
