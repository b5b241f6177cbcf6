import { groupBy } from '../catalogue/group-by.ts'
import type { Table } from '../catalogue/tables.ts'
import { DatabaseError } from './errors.ts'
import type { Catalog, CatalogColumn } from './inspect.ts'
import type { NameOverrides, Names, ResolvedTable } from './names.ts'
import { resolveTables } from './resolve-tables.ts'

/**
 * Better-auth is here when there are users and something they authenticate with. Other frameworks have sessions with a
 * user and an expiry too, but no token beside the id.
 */
function isBetterAuth(found: ReadonlyMap<Table, ResolvedTable>): boolean {
  const user = found.get('user')
  const session = found.get('session')
  const account = found.get('account')
  const hasUser = user?.columns.has('id') === true && user.columns.has('email')
  const hasToken = session?.columns.has('token') === true || session?.derived.has('token_present') === true
  const hasSession = hasToken && session.columns.has('userId') && session.columns.has('expiresAt')
  return hasUser && (hasSession || account?.columns.has('providerId') === true)
}

interface Candidate {
  readonly schema: string
  readonly found: ReadonlyMap<Table, ResolvedTable>
  /** Most of it can be read: a role that only sees views must find the views, not the tables behind them. */
  readonly isReadable: boolean
  /** How many columns there are. */
  readonly size: number
  /** Place on the search path, or behind its end. */
  readonly place: number
}

function candidate(
  schema: string,
  found: ReadonlyMap<Table, ResolvedTable>,
  { searchPath }: Catalog,
): Candidate {
  const columns = [...found.values()].flatMap((table) => [...table.columns.values()])
  const readable = columns.filter((column) => column.readable).length
  const position = searchPath.indexOf(schema)
  const place = position === -1 ? searchPath.length : position
  return { schema, found, isReadable: 2 * readable > columns.length, size: columns.length, place }
}

/** Every schema that holds better-auth's tables, the best first. */
function candidatesIn(
  catalog: Catalog,
  rows: readonly CatalogColumn[],
  overrides: NameOverrides,
): readonly Candidate[] {
  return [...groupBy(rows, (row) => row.schema)]
    .map(([schema, group]) => candidate(schema, resolveTables(group, overrides), catalog))
    .filter(({ found }) => isBetterAuth(found))
    .toSorted((a, b) => Number(b.isReadable) - Number(a.isReadable) || b.size - a.size || a.place - b.place)
}

/** Whether another schema could be meant as well: one that the search path prefers, or one that equals the best. */
function isUndecided([best, ...others]: readonly Candidate[]): boolean {
  return others.some(
    ({ isReadable, size, place }) =>
      isReadable === best?.isReadable && (place < best.place || (place === best.place && size === best.size)),
  )
}

/**
 * Finds better-auth's tables in a catalogue.
 * Throws DatabaseError `ERR_SCHEMA` when there are none, or several sets with nothing to choose between them.
 */
export function resolveNames(catalog: Catalog, overrides: NameOverrides): Names {
  const { columns } = catalog
  const wanted = columns.filter(({ schema }) => overrides.schema === undefined || schema === overrides.schema)
  const candidates = candidatesIn(catalog, wanted, overrides)
  const [first] = candidates
  if (first === undefined) throw noTables(overrides)
  if (isUndecided(candidates)) {
    throw new DatabaseError(
      'ERR_SCHEMA',
      `better-auth's tables are in several schemas (${candidates.map((c) => c.schema).join(', ')}); ` +
        'set `databases[].schema` to the one to watch',
    )
  }
  const tables = withIndexes(first.found, catalog)
  return { schema: first.schema, tables, base: baseOf(tables, catalog, overrides) }
}

/** Views have neither constraints nor indexes, so what stands behind them is looked for in every schema. */
function baseOf(tables: Names['tables'], catalog: Catalog, overrides: NameOverrides): Names['base'] {
  if ([...tables.values()].every(({ isTable }) => isTable)) return tables
  const rows = catalog.columns.filter(({ isTable }) => isTable)
  const [first] = candidatesIn(catalog, rows, { ...overrides, schema: undefined })
  const behind = first === undefined ? new Map<Table, ResolvedTable>() : withIndexes(first.found, catalog)
  // A view over a table of another name stays itself: leaving it out would look like a table that is missing.
  const asRead = [...tables].filter(([table, { isTable }]) => isTable || !behind.has(table))
  return new Map([...behind, ...asRead])
}

function noTables({ schema }: NameOverrides): DatabaseError {
  const where = schema === undefined ? 'in any schema this role can see' : `in schema ${schema}`
  return new DatabaseError(
    'ERR_SCHEMA',
    `found no better-auth tables ${where} (looked for user, session, account and their usual spellings); ` +
      'check the database name, or set `databases[].schema` and `databases[].tables`',
  )
}

function withIndexes(
  found: ReadonlyMap<Table, ResolvedTable>,
  catalog: Catalog,
): ReadonlyMap<Table, ResolvedTable> {
  return new Map(
    [...found].map(([table, resolved]) => {
      const logical = new Map([...resolved.columns].map(([name, column]) => [column.name, name]))
      const indexes = catalog.indexes
        .filter((index) => index.schema === resolved.schema && index.table === resolved.name)
        .map(({ columns, unique }) => ({
          columns: columns.map((name) => logical.get(name) ?? `(${name})`),
          unique,
        }))
      return [table, { ...resolved, indexes }]
    }),
  )
}
