import type { ClientBase } from 'pg'
import { z } from 'zod'

/** Whole rows by table, in an order in which they can be inserted. */
export const keptRowsSchema = z.array(
  z.object({ table: z.string(), rows: z.array(z.record(z.string(), z.unknown())) }),
)

export type KeptRows = z.infer<typeof keptRowsSchema>

/** A table and its column that names the owner, the owner's own first. */
export type Belongings = readonly (readonly [table: string, column: string])[]

/** What PostgreSQL deletes along with a user. */
export const belongingsOfUser: Belongings = [
  ['"user"', 'id'],
  ['account', 'user_id'],
  ['session', 'user_id'],
  ['member', 'user_id'],
  ['invitation', 'inviter_id'],
]

/** What PostgreSQL deletes along with an organization. */
export const belongingsOfOrganization: Belongings = [
  ['organization', 'id'],
  ['member', 'organization_id'],
  ['invitation', 'organization_id'],
]

/** Copies rows, so that they can be inserted again if they go. */
export async function keepRows(
  database: ClientBase,
  { of, id }: { readonly of: Belongings; readonly id: string },
): Promise<KeptRows> {
  const kept: KeptRows = []
  for (const [table, column] of of) {
    const { rows } = await database.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(each) as row from ${table} each where ${column} = $1`,
      [id],
    )
    kept.push({ table, rows: rows.map(({ row }) => row) })
  }
  return kept
}

/** Inserts the rows that are gone; those that are there stay as they are. */
export async function putBackRows(database: ClientBase, kept: KeptRows): Promise<void> {
  for (const { table, rows } of kept) {
    await database.query(
      `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1) on conflict do nothing`,
      [JSON.stringify(rows)],
    )
  }
}
