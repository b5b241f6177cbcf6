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
const TABLE_PREFIXES = ['', 'auth', 'betterauth', 'ba'] as const

/** All normalised names under which a table of the model may stand. */
export function tableCandidates(table: string): readonly string[] {
  const singular = normalise(table).replace(/s$/, '')
  return TABLE_PREFIXES.flatMap((prefix) => [`${prefix}${singular}`, `${prefix}${singular}s`])
}

export interface InspectOptions {
  /** Physical names from the configuration, of tables that could not be guessed. */
  readonly tables: readonly string[]
  /** The schema that the configuration names. */
  readonly schema?: string | undefined
}

/**
 * Reads the names, types and rights of every table that might be better-auth's. Needs no rights beyond connecting.
 * A database with a schema for each customer holds more than is read: what may be meant is read first.
 */
export async function inspect(reader: Reader, options: InspectOptions): Promise<Catalog> {
  const [path] = await reader.query(sql`
    select coalesce((select reset_val from pg_settings where name = 'search_path'), '') as path,
           current_user::text as role`)
  const searchPath = parseSearchPath(String(path?.path ?? ''), String(path?.role ?? ''))
  const first = [...(options.schema === undefined ? [] : [options.schema]), ...searchPath]
  const spellings = tableNames.flatMap(tableCandidates)
  // Exactly as configured: outside ASCII, PostgreSQL's `lower` depends on the database's locale.
  const isWanted = sql`(lower(replace(c.relname, '_', '')) = any(${spellings}::text[])
                        or c.relname = any(${[...options.tables]}::text[]))`
  const place = sql`array_position(${first}::text[], n.nspname::text)`
  const columns = await reader.query(sql`
    select n.nspname as schema, c.relname as table, c.relkind in ('r', 'p') as "isTable",
           a.attname as column, format_type(a.atttypid, null) as type,
           has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select') as readable
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
       and ${isWanted}
     order by ${place}, n.nspname, c.relname, a.attnum
     limit ${MAX_COLUMNS}`)
  const indexes = await reader.query(sql`
    select n.nspname as schema, c.relname as table, i.indisunique and i.indpred is null as unique,
           -- An expression has no column; its place is kept, so that what follows it does not look like the first.
           array(select coalesce(a.attname::text, '')
                   from unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
                   left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
                  where k.position <= i.indnkeyatts
                  order by k.position) as columns
      from pg_index i
      join pg_class c on c.oid = i.indrelid
      join pg_namespace n on n.oid = c.relnamespace
     where i.indisvalid and ${isWanted}
     order by ${place}, n.nspname, c.relname
     limit ${MAX_INDEXES}`)
  return {
    columns: columns as unknown as readonly CatalogColumn[],
    indexes: indexes as unknown as readonly CatalogIndex[],
    searchPath,
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
