import { columnsOf, type Table } from '../catalogue/tables.ts'
import type { Names, ResolvedTable } from './names.ts'

export interface GrantOptions {
  readonly role: string
  /** Schema for the views. */
  readonly viewSchema: string
}

/**
 * Personal data that checks read. All other is left out, because some is more than personal: the identifier of a
 * verification holds the token with which a password can be reset (better-auth 1.7, `reset-password:…`).
 */
const NEEDED_HIDDEN: ReadonlySet<string> = new Set(['user.email'])

/** Personal data of which checks ask only whether it is there: the view says so, and no more. */
const NEEDED_PRESENCE: ReadonlySet<string> = new Set(['session.ipAddress'])

/**
 * Secrets that checks and diagnoses compare. Both are long and random (a hash; 32 characters): of a short one, such as a
 * code sent by e-mail, a digest would tell everything.
 */
const NEEDED_DIGEST: ReadonlySet<string> = new Set(['apiKey.key', 'session.token'])

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function viewColumns(table: Table, found: ResolvedTable): readonly string[] {
  return columnsOf(table).flatMap(({ name, privacy }) => {
    const column = found.columns.get(name)
    if (column === undefined) return []
    const physical = quote(column.name)
    const logical = `${table}.${name}`
    if (privacy === 'shown' || (privacy === 'hidden' && NEEDED_HIDDEN.has(logical))) return [physical]
    if (NEEDED_PRESENCE.has(logical)) {
      return [`case when coalesce(${physical}::text, '') = '' then '' else 'known' end as ${physical}`]
    }
    if (privacy === 'hidden') return []
    // By better-auth's name, under which they are looked for whatever the column is called.
    const fact = (suffix: string) => quote(`${name}_${suffix}`)
    return [
      `coalesce(${physical} <> '', false) as ${fact('present')}`,
      ...(NEEDED_DIGEST.has(logical) ? [`md5(${physical}) as ${fact('digest')}`] : []),
      `length(${physical}) as ${fact('length')}`,
    ]
  })
}

function viewOf(table: Table, found: ResolvedTable, { viewSchema }: GrantOptions): string {
  const name = `${quote(viewSchema)}.${quote(found.name)}`
  const columns = viewColumns(table, found).join(',\n  ')
  // Replacing a view in place cannot take columns away or put new ones between.
  return [
    `drop view if exists ${name};`,
    `create view ${name} as select\n  ${columns}\nfrom ${quote(found.schema)}.${quote(found.name)};`,
  ].join('\n')
}

/**
 * SQL for psql, to be run by the tables' owner: a role that can read, and only views without a secret in them.
 * Secrets are replaced by facts (present, length, a digest of what is stored for API keys and sessions). It can be run
 * again: after a migration that added what checks read, or for another password.
 */
export function grantsSql(names: Names, options: GrantOptions): string {
  const role = quote(options.role)
  const schema = quote(options.viewSchema)
  const views = [...names.base].map(([table, found]) => viewOf(table, found, options))
  return [
    '-- Run with psql as the owner of the tables; it asks for the password, which then is in no history.',
    '-- PostgreSQL will not drop or retype a column that a view names. Before a migration that does, run',
    `--   drop schema ${schema} cascade;`,
    '-- and after it this file, printed anew. Until then authwatch reports errors and changes nothing.',
    `\\prompt 'Password for the new role ${options.role.replaceAll("'", "''")}: ' authwatch_password`,
    'begin;',
    `do $$ begin create role ${role}; exception when duplicate_object then null; end $$;`,
    `alter role ${role} login password :'authwatch_password' connection limit 12 nosuperuser nocreatedb nocreaterole;`,
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
