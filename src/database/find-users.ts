import type { Reader } from './connect.ts'
import type { Names } from './names.ts'
import { identifier, qualified, sql } from './sql.ts'

/** Ids of the users with these e-mail addresses; none where the address cannot be read. */
export async function findUsers(
  reader: Reader,
  names: Names,
  emails: readonly string[],
): Promise<readonly string[]> {
  const user = names.tables.get('user')
  const id = user?.columns.get('id')
  const email = user?.columns.get('email')
  if (user === undefined || id?.readable !== true || email?.readable !== true) return []
  const wanted = emails.map((each) => each.toLowerCase())
  const rows = await reader.query(sql`
    select ${identifier(id.name)}::text as id from ${qualified(user.schema, user.name)}
     where lower(${identifier(email.name)}) = any(${wanted}::text[]) limit 100`)
  return rows.map((row) => String(row.id))
}
