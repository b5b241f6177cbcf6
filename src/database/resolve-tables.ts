import { groupBy } from '../catalogue/group-by.ts'
import { columnsOf, type Table, tableNames } from '../catalogue/tables.ts'
import { type CatalogColumn, normalise, tableCandidates } from './inspect.ts'
import type { NameOverrides, ResolvedColumn, ResolvedTable } from './names.ts'

/** Of a secret column, what a view may tell instead of it. */
const FACTS = ['present', 'digest', 'length'] as const

function resolveColumns(
  table: Table,
  group: readonly CatalogColumn[],
  overrides: Readonly<Record<string, string>>,
) {
  const columns = new Map<string, ResolvedColumn>()
  const derived = new Map<string, ResolvedColumn>()
  const byName = new Map(group.map((row) => [row.column, row]))
  const byNormal = new Map(group.toReversed().map((row) => [normalise(row.column), row]))
  const found = (row: CatalogColumn): ResolvedColumn => ({
    name: row.column,
    type: row.type,
    readable: row.readable,
  })
  for (const { name, spec, privacy } of columnsOf(table)) {
    const candidates = [name, ...(spec.alias ?? [])]
    const override = overrides[name]
    const row =
      override !== undefined
        ? byName.get(override)
        : candidates
            .map((candidate) => byName.get(candidate) ?? byNormal.get(normalise(candidate)))
            .find(Boolean)
    if (row !== undefined) columns.set(name, found(row))
    if (privacy === 'secret') addDerived(name, byNormal, derived, found)
  }
  return { columns, derived }
}

function addDerived(
  secret: string,
  byNormal: ReadonlyMap<string, CatalogColumn>,
  derived: Map<string, ResolvedColumn>,
  found: (row: CatalogColumn) => ResolvedColumn,
): void {
  for (const fact of FACTS) {
    const row = byNormal.get(normalise(`${secret}${fact}`))
    if (row !== undefined) derived.set(`${secret}_${fact}`, found(row))
  }
}

/** Among tables that could be `table`, the one with most of its columns; of equals, the shortest name. */
function resolveTable(
  table: Table,
  rows: readonly CatalogColumn[],
  overrides: NameOverrides,
): ResolvedTable | undefined {
  const override = overrides.tables?.[table]
  const wanted = new Set(tableCandidates(table))
  const groups = groupBy(
    rows.filter((row) =>
      override !== undefined ? row.table === override : wanted.has(normalise(row.table)),
    ),
    (row) => row.table,
  )
  const candidates = [...groups].map(([name, group]) => {
    const { columns, derived } = resolveColumns(table, group, overrides.columns?.[table] ?? {})
    return { schema: group[0]!.schema, name, isTable: group[0]!.isTable, columns, derived, indexes: [] }
  })
  return candidates.toSorted((a, b) => b.columns.size - a.columns.size || a.name.length - b.name.length)[0]
}

/** Which of the relations of one schema are better-auth's tables; their indexes are left to the caller. */
export function resolveTables(
  rows: readonly CatalogColumn[],
  overrides: NameOverrides,
): ReadonlyMap<Table, ResolvedTable> {
  const found = tableNames.flatMap((table) => {
    const resolved = resolveTable(table, rows, overrides)
    return resolved === undefined ? [] : [[table, resolved] as const]
  })
  return new Map(found)
}
