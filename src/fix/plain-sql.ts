import pg from 'pg'
import type { Sql } from '../database/sql.ts'

/** A statement with its values written into it, for people to read and run. */
export function plainSql({ strings, values }: Sql): string {
  const text = strings.map((part, i) => (i === 0 ? part : `${literal(values[i - 1])}${part}`)).join('')
  return text.replace(/\s*\n\s*/g, '\n  ').trim()
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === null) return 'null'
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString())
  if (typeof value === 'string') return pg.escapeLiteral(value)
  throw new TypeError(`there is no SQL for a value of type ${typeof value}`)
}
