import { inspectCheck } from '../../catalogue/check.ts'
import { columnsOf, type Table, tableNames } from '../../catalogue/tables.ts'

const WITHOUT_ZONE = 'timestamp without time zone'

/**
 * Such a column holds whatever clock its writer had in mind. SQL that compares it with `now()` is wrong by the
 * session's offset unless the session's time zone is UTC.
 */
export const timestampWithoutZone = inspectCheck({
  id: 'schema.timestamp_without_zone',
  title: 'Time columns do not say which time zone they mean',
  every: '15m',
  timeout: '10s',
  inspect: ({ tables }) => {
    const timesOf = (table: Table) => columnsOf(table).filter(({ spec }) => spec.type === 'time')
    return tableNames.flatMap((table) => {
      const facts = tables[table]
      if (facts === undefined || !facts.isTable) return []
      return timesOf(table)
        .filter(({ name }) => facts.columns[name]?.type === WITHOUT_ZONE)
        .map(({ name }) => ({ key: `${table}.${name}`, detail: { table: facts.name, column: name } }))
    })
  },
  alerts: {
    none: 'Prisma makes every time column so and always writes UTC; it is a trap for SQL by hand, not a fault.',
  },
})
