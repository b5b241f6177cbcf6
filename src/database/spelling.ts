import type { Table } from '../catalogue/tables.ts'
import type { Names } from './names.ts'

/** Plain names that PostgreSQL does not take without quotes (appendix C of its documentation); the likely ones. */
const RESERVED = new Set(['user', 'order', 'group', 'table', 'column', 'default', 'end', 'all', 'check'])
const PLAIN = /^[a-z_][a-z0-9_]*$/

/** How a person at psql spells this deployment's tables and columns, with quotes only where they are needed. */
export interface Spelling {
  table(table: Table): string
  column(table: Table, column: string): string
  /** A text as an SQL literal. */
  text(value: string): string
  /** An expression for the id of a new row, of the type that the ids of this table have. */
  newId(table: Table): string
}

/** What the deployment lacks is spelled as better-auth does. Views are passed over: only tables can be repaired. */
export function spelling({ base }: Pick<Names, 'base'>): Spelling {
  const schemas = new Set([...base.values()].map(({ schema }) => schema))
  return {
    table: (table) => {
      const found = base.get(table)
      if (found === undefined) return quoted(table.toLowerCase())
      const isUsual = found.schema === 'public' && schemas.size === 1
      return isUsual ? quoted(found.name) : `${quoted(found.schema)}.${quoted(found.name)}`
    },
    column: (table, column) => quoted(base.get(table)?.columns.get(column)?.name ?? column),
    text: (value) => `'${value.replaceAll("'", "''")}'`,
    newId: (table) => newId(base.get(table)?.columns.get('id')?.type ?? 'text'),
  }
}

/** better-auth leaves ids of numbers to the table's own default. */
function newId(type: string): string {
  if (type === 'uuid') return 'gen_random_uuid()'
  return /^(smallint|integer|bigint)$/.test(type) ? 'default' : 'gen_random_uuid()::text'
}

function quoted(name: string): string {
  return PLAIN.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}
