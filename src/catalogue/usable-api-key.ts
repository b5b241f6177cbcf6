import sql, { type Sql } from 'sql-template-tag'
import type { TableRef } from './check.ts'

type KeyTable = Pick<TableRef<'apiKey'>, 'col' | 'has'>

/**
 * Neither disabled nor revoked. NULL is the plugin's default, enabled (@better-auth/api-key 1.7); `revoked` is a column
 * of the application's own.
 */
export function switchedOn({ col, has }: KeyTable): Sql {
  return sql`(${col.enabled} is not false and ${has('revoked') ? col.revoked : sql`false`} is not true)`
}

/** A key that a client could use at this instant. Says nothing of its limits or its owner. */
export function usable(key: KeyTable, { asOf }: { readonly asOf: Sql }): Sql {
  return sql`(${switchedOn(key)} and (${key.col.expiresAt} is null or ${key.col.expiresAt} >= ${asOf}))`
}
