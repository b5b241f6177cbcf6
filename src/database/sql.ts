import sql, { join, raw, type Sql } from 'sql-template-tag'

export { join, raw, type Sql, sql }

/** An identifier as SQL text. Quoted always, so that names with capitals, spaces or quotes stay what they are. */
export function identifier(name: string): Sql {
  return raw(`"${name.replaceAll('"', '""')}"`)
}

/** `schema.name`, both quoted. */
export function qualified(schema: string, name: string): Sql {
  return sql`${identifier(schema)}.${identifier(name)}`
}
