import type { SchemaFacts } from './check.ts'
import { compareVersions } from './compare-versions.ts'
import { columnsOf, type Plugin, type Table, type TableSpec, tableNames, tables } from './tables.ts'

export interface NeededColumn {
  readonly table: Table
  readonly column: string
}

/**
 * Columns by which a plugin is known. Applications have tables and columns of their own with the plugins' names
 * (`user.role`, `api_key`, `organization`), and one of ours may be missing: so not one mark decides, but `atLeast`.
 */
const MARKS: Readonly<
  Record<Plugin, { readonly columns: readonly `${Table}.${string}`[]; readonly atLeast: number }>
> = {
  organization: {
    columns: [
      'session.activeOrganizationId',
      'organization.slug',
      'member.organizationId',
      'invitation.inviterId',
    ],
    atLeast: 3,
  },
  admin: {
    columns: ['user.banned', 'user.banReason', 'user.banExpires', 'session.impersonatedBy'],
    atLeast: 3,
  },
  apiKey: {
    columns: [
      'apiKey.rateLimitTimeWindow',
      'apiKey.rateLimitMax',
      'apiKey.refillInterval',
      'apiKey.refillAmount',
      'apiKey.requestCount',
      'apiKey.remaining',
    ],
    atLeast: 4,
  },
  jwt: { columns: ['jwks.publicKey', 'jwks.privateKey', 'jwks.createdAt'], atLeast: 2 },
  twoFactor: { columns: ['twoFactor.secret', 'twoFactor.backupCodes', 'user.twoFactorEnabled'], atLeast: 2 },
  rateLimit: { columns: ['rateLimit.lastRequest'], atLeast: 1 },
}

function exists({ tables }: SchemaFacts, name: string): boolean {
  return Object.entries(tables).some(([table, facts]) =>
    Object.keys(facts.columns).some((column) => `${table}.${column}` === name),
  )
}

function isInUse(plugin: Plugin, schema: SchemaFacts): boolean {
  const { columns, atLeast } = MARKS[plugin]
  return columns.filter((name) => exists(schema, name)).length >= atLeast
}

/** Sessions in secondary storage take the session table away, and by default the verification table too (1.7). */
function isElsewhere(table: Table, { tables, policy }: SchemaFacts): boolean {
  if (policy.sessionStorage === 'database') return false
  return table === 'session' || (table === 'verification' && tables.verification === undefined)
}

/**
 * Every column that better-auth, in the version the schema proves and with the plugins in use, reads or writes here.
 * better-auth 1.7 compares the same list at its first request and refuses all requests when one is missing.
 */
export function neededColumns(schema: SchemaFacts): readonly NeededColumn[] {
  const needs = (plugin: Plugin | 'application' | undefined): boolean =>
    plugin === undefined || (plugin !== 'application' && isInUse(plugin, schema))
  return tableNames
    .filter((table) => {
      const spec: TableSpec = tables[table]
      return needs(spec.plugin) && !isElsewhere(table, schema)
    })
    .flatMap((table) =>
      columnsOf(table)
        .filter(
          ({ spec }) =>
            needs(spec.plugin) && compareVersions(spec.since ?? schema.version, schema.version) <= 0,
        )
        .map(({ name }) => ({ table, column: name })),
    )
}
