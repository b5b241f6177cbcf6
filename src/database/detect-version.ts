import { compareVersions } from '../catalogue/compare-versions.ts'
import { columnsOf } from '../catalogue/tables.ts'
import type { Names } from './names.ts'

/** Oldest better-auth whose schema differs from none we know. */
const OLDEST = '1.2'

/**
 * The oldest better-auth version, as `major.minor`, that makes every column found. A schema does not record its
 * version; the newest column that is there is proof that at least its version migrated this database.
 */
export function detectVersion(tables: Names['base']): string {
  const seen = [...tables].flatMap(([table, { columns }]) =>
    columnsOf(table).flatMap(({ name, spec }) =>
      spec.since !== undefined && columns.has(name) ? [spec.since] : [],
    ),
  )
  return seen.reduce(
    (newest: string, version) => (compareVersions(version, newest) > 0 ? version : newest),
    OLDEST,
  )
}
