import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type BenchServer, databaseUrl } from './bench-server.ts'

export interface ReadOnlyRole {
  /** Makes the role on the first call; gives it SELECT on the tables that exist now; answers with its URL. */
  grant(owner: pg.Pool): Promise<string>
  /** What removes the role once its database is gone. */
  dropStatements(): readonly string[]
}

/** A login role that may connect to one database and SELECT in one schema, and nothing else. */
export function readOnlyRole(options: {
  readonly server: BenchServer
  readonly database: string
  readonly postgresSchema: string
}): ReadOnlyRole {
  const { server, database } = options
  // A role belongs to the server, not to the database: its name must be as unique.
  const name = `reader_of_${database}`
  const role = pg.escapeIdentifier(name)
  const schema = pg.escapeIdentifier(options.postgresSchema)
  const password = randomBytes(18).toString('base64url')
  let made = false
  return {
    async grant(owner) {
      if (!made) {
        await owner.query(`create role ${role} login password ${pg.escapeLiteral(password)}`)
        made = true
        // Everyone may make temporary tables unless told otherwise.
        await owner.query(`revoke temporary on database ${pg.escapeIdentifier(database)} from public`)
      }
      await owner.query(`grant usage on schema ${schema} to ${role}`)
      await owner.query(`grant select on all tables in schema ${schema} to ${role}`)
      const url = new URL(databaseUrl(server, database))
      url.username = name
      url.password = password
      return url.href
    },
    dropStatements: () => (made ? [`drop role if exists ${role}`] : []),
  }
}
