import type { ClientBase } from 'pg'
import { z } from 'zod'
import { FaultError } from './fault-error.ts'

/** What some columns held before they were changed. */
export const changedRowsSchema = z.object({
  table: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.unknown())),
})

export type ChangedRows = z.infer<typeof changedRowsSchema>

export interface Change {
  /** As SQL spells it. */
  readonly table: string
  /** New values by column, as SQL expressions. */
  readonly set: Readonly<Record<string, string>>
  /** A condition on `$1`. */
  readonly where: string
  readonly value: unknown
}

/**
 * Changes rows, and resolves with what they held.
 * @throws FaultError when there is no such row
 */
export async function changeRows(database: ClientBase, change: Change): Promise<ChangedRows> {
  const { table, set, where, value } = change
  const columns = Object.keys(set)
  const { rows } = await database.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(kept) as row from (select id, ${columns.join(', ')} from ${table} where ${where}) kept`,
    [value],
  )
  if (rows.length === 0)
    throw new FaultError('ERR_FAULT_FAILED', `No row of ${table} is there to be changed.`)
  const assignments = columns.map((column) => `${column} = ${set[column]}`)
  await database.query(`update ${table} set ${assignments.join(', ')} where ${where}`, [value])
  return { table, columns, rows: rows.map(({ row }) => row) }
}

/** Gives the rows that are still there what they held. */
export async function restoreRows(
  database: ClientBase,
  { table, columns, rows }: ChangedRows,
): Promise<void> {
  const assignments = columns.map((column) => `${column} = former.${column}`)
  await database.query(
    `update ${table} as now set ${assignments.join(', ')}
     from jsonb_populate_recordset(null::${table}, $1) former where now.id = former.id`,
    [JSON.stringify(rows)],
  )
}
