import { inspectCheck, type SchemaFacts } from '../../catalogue/check.ts'
import { type NeededColumn, neededColumns } from '../../catalogue/needed-columns.ts'
import type { Finding } from '../../catalogue/result.ts'

function missing({ table, column }: NeededColumn, schema: SchemaFacts): readonly Finding[] {
  const facts = schema.tables[table]
  if (facts === undefined) {
    // One finding for the table; every table has an id.
    return column === 'id' ? [{ key: table, detail: { table, column: null } }] : []
  }
  if (!facts.isTable || facts.columns[column] !== undefined) return []
  return [{ key: `${table}.${column}`, detail: { table: facts.name, column } }]
}

/** better-auth 1.7 with Kysely checks this itself and then refuses every request; other versions fail where they use it. */
export const columnMissing = inspectCheck({
  id: 'schema.column_missing',
  title: 'The database lacks a table or column that better-auth needs',
  every: '1m',
  timeout: '10s',
  inspect: (schema) => neededColumns(schema).flatMap((needed) => missing(needed, schema)),
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '5m',
      summary: 'Authentication fails, in part or altogether, because a table or column is missing',
    },
  ],
})
