import { columnsOf, type Table } from '../catalogue/tables.ts'
import type { Names, ResolvedTable } from './names.ts'

export interface GrantOptions {
  readonly role: string
  /** Schema for the views. */
  readonly viewSchema: string
}

/** Personal data that no check reads; a view that leaves it out cannot leak it. */
const NOT_NEEDED: ReadonlySet<string> = new Set([
  'name',
  'image',
  'banReason',
  'ipAddress',
  'userAgent',
  'logo',
  'metadata',
])

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function viewColumns(table: Table, found: ResolvedTable): readonly string[] {
  return columnsOf(table).flatMap(({ name, privacy }) => {
    const column = found.columns.get(name)
    if (column === undefined || (privacy === 'hidden' && NOT_NEEDED.has(name))) return []
    const physical = quote(column.name)
    if (privacy !== 'secret') return [physical]
    const fact = (suffix: string) => quote(`${column.name}_${suffix}`)
    return [
      `coalesce(${physical} <> '', false) as ${fact('present')}`,
      `md5(${physical}) as ${fact('digest')}`,
      `length(${physical}) as ${fact('length')}`,
    ]
  })
}

function viewOf(table: Table, found: ResolvedTable, { viewSchema }: GrantOptions): string {
  const name = `${quote(viewSchema)}.${quote(found.name)}`
  const columns = viewColumns(table, found).join(',\n  ')
  return `create or replace view ${name} as select\n  ${columns}\nfrom ${quote(found.schema)}.${quote(found.name)};`
}

/**
 * SQL for psql, to be run once by the tables' owner: a role that can read, and only views without a secret in them.
 * Secrets are replaced by facts (present, digest, length), of which the digest is a hash of what is stored.
 */
export function grantsSql(names: Names, options: GrantOptions): string {
  const role = quote(options.role)
  const schema = quote(options.viewSchema)
  const views = [...names.base].map(([table, found]) => viewOf(table, found, options))
  return [
    '-- Run with psql as the owner of the tables; it asks for the password, which then is in no history.',
    `\\prompt 'Password for the new role ${options.role.replaceAll("'", "''")}: ' authwatch_password`,
    'begin;',
    `create role ${role} login password :'authwatch_password' connection limit 12 nosuperuser nocreatedb nocreaterole;`,
    `alter role ${role} set default_transaction_read_only = on;`,
    `alter role ${role} set statement_timeout = '15s';`,
    `alter role ${role} set lock_timeout = '1s';`,
    `create schema if not exists ${schema};`,
    ...views,
    `grant usage on schema ${schema} to ${role};`,
    `grant select on all tables in schema ${schema} to ${role};`,
    'commit;',
    '',
  ].join('\n')
}
