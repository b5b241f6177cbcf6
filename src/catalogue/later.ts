import sql, { type Sql } from 'sql-template-tag'

/**
 * A time and so many seconds more. PostgreSQL's calendar ends in the year 294276 and a sum beyond it is an error, which
 * one row with such a date would make of the whole check; so a time near its end stands for no end at all.
 */
export function later(time: Sql, seconds: number): Sql {
  return sql`case when ${time} >= '290000-01-01' then 'infinity' else ${time} + make_interval(secs => ${seconds}) end`
}
