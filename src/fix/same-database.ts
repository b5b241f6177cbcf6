import type { Reader } from '../database/connect.ts'
import { sql } from '../database/sql.ts'
import { FixError } from './fix-error.ts'
import type { Writer } from './writer.ts'

const NAME = sql`select current_database()::text as name`
/** The same for a server and its standbys, and for no others. Some providers do not let everybody ask. */
const SYSTEM = sql`select system_identifier::text as system from pg_control_system()`

export interface DatabaseIdentity {
  readonly name: string
  readonly system: string | undefined
}

/** Which database this is, as far as the role may know. */
export async function identify(reader: Reader): Promise<DatabaseIdentity> {
  const [row] = await reader.query(NAME)
  const [system] = (await reader.attempt(SYSTEM)) ?? []
  return { name: String(row?.name), system: system === undefined ? undefined : String(system.system) }
}

/** Throws FixError when the two URLs certainly lead to different databases. */
export async function mustBeSame(watched: DatabaseIdentity, writer: Writer): Promise<void> {
  const name = (await writer.transaction((one) => one.query(NAME))).rows[0]?.name
  const system = await writer
    .transaction((one) => one.query(SYSTEM))
    .then(({ rows }) => rows[0]?.system)
    .catch(() => undefined)
  const other = watched.system !== undefined && system !== undefined && watched.system !== system
  if (name !== watched.name || other)
    throw new FixError(
      'the fix was not applied: its URL leads to another database than the one that is watched',
    )
}
