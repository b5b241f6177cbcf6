import { inspectCheck, type TableFacts } from '../../catalogue/check.ts'
import { neededColumns } from '../../catalogue/needed-columns.ts'

/**
 * What better-auth looks rows up by, at each request or each sign-in. Its migrations index all of these since 1.4;
 * 1.3 indexed only the unique ones, and an index never comes by itself.
 */
const LOOKUPS: ReadonlySet<string> = new Set([
  'user.email',
  'session.token',
  'session.userId',
  'account.userId',
  'verification.identifier',
  'organization.slug',
  'member.userId',
  'member.organizationId',
  'apiKey.key',
  'apiKey.referenceId',
])

function isUnindexed(column: string, { isTable, columns, indexes }: TableFacts): boolean {
  return isTable && columns[column] !== undefined && !indexes.some((index) => index.columns[0] === column)
}

/** Every such lookup reads the whole table: nothing at a thousand rows, an outage at a million. */
export const indexMissing = inspectCheck({
  id: 'schema.index_missing',
  title: 'A column that better-auth looks rows up by has no index',
  every: '15m',
  timeout: '10s',
  inspect: (schema) =>
    neededColumns(schema).flatMap(({ table, column }) => {
      const facts = schema.tables[table]
      const key = `${table}.${column}`
      if (facts === undefined || !LOOKUPS.has(key) || !isUnindexed(column, facts)) return []
      return [{ key, detail: { table: facts.name, column } }]
    }),
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Lookups that better-auth makes all the time read whole tables',
    },
  ],
})
