import { tableNames } from '../catalogue/tables.ts'
import type { Reader } from './connect.ts'
import { sql } from './sql.ts'

/** A column of a table or view that may belong to better-auth, from PostgreSQL's catalogue. */
export interface CatalogColumn {
  readonly schema: string
  readonly table: string
  readonly isTable: boolean
  readonly column: string
  /** As `format_type` prints it, such as `timestamp without time zone`. */
  readonly type: string
  readonly readable: boolean
}

export interface CatalogIndex {
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
  readonly unique: boolean
}

export interface Catalog {
  readonly columns: readonly CatalogColumn[]
  readonly indexes: readonly CatalogIndex[]
  /** Schemas an unqualified name would be looked for in, in order. */
  readonly searchPath: readonly string[]
}

const MAX_COLUMNS = 5_000
const MAX_INDEXES = 2_000

/** Lower case without underscores: the form in which all known namings of a thing are equal. */
export function normalise(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

/** Tables are also found under these prefixes, such as `auth_session`. */
export const TABLE_PREFIXES = ['', 'auth', 'betterauth', 'ba'] as const

/** All normalised names under which a table of the model may stand. */
export function tableCandidates(table: string): readonly string[] {
  const singular = normalise(table).replace(/s$/, '')
  return TABLE_PREFIXES.flatMap((prefix) => [`${prefix}${singular}`, `${prefix}${singular}s`])
}

/**
 * Reads the names, types and rights of every table that might be better-auth's; `extra` adds physical table names
 * from the configuration. Needs no rights beyond connecting.
 */
export async function inspect(reader: Reader, extra: readonly string[]): Promise<Catalog> {
  const wanted = [...tableNames.flatMap(tableCandidates), ...extra.map(normalise)]
  const columns = await reader.query(sql`
    select n.nspname as schema, c.relname as table, c.relkind in ('r', 'p') as "isTable",
           a.attname as column, format_type(a.atttypid, null) as type,
           has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select') as readable
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
       and lower(replace(c.relname, '_', '')) = any(${wanted}::text[])
     order by n.nspname, c.relname, a.attnum
     limit ${MAX_COLUMNS}`)
  const indexes = await reader.query(sql`
    select n.nspname as schema, c.relname as table, i.indisunique and i.indpred is null as unique,
           array(select a.attname::text
                   from unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
                   join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                  where k.position <= i.indnkeyatts
                  order by k.position) as columns
      from pg_index i
      join pg_class c on c.oid = i.indrelid
      join pg_namespace n on n.oid = c.relnamespace
     where i.indisvalid and lower(replace(c.relname, '_', '')) = any(${wanted}::text[])
     limit ${MAX_INDEXES}`)
  const path = await reader.query(sql`
    select coalesce((select reset_val from pg_settings where name = 'search_path'), '') as path,
           current_user::text as role`)
  return {
    columns: columns as unknown as readonly CatalogColumn[],
    indexes: indexes as unknown as readonly CatalogIndex[],
    searchPath: parseSearchPath(String(path[0]?.['path'] ?? ''), String(path[0]?.['role'] ?? '')),
  }
}

/** `current_schemas` would answer for the transaction's own search path, so the session's setting is read instead. */
function parseSearchPath(path: string, role: string): readonly string[] {
  return path
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .map((part) => (part === '$user' ? role : part))
    .filter((part) => part !== '')
}
