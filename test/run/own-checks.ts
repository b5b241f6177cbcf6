import { queryCheck, scanCheck } from '../../src/catalogue/check.ts'
import type { Duration } from '../../src/catalogue/duration.ts'
import { family } from '../../src/catalogue/family.ts'
import type { CheckId } from '../../src/catalogue/naming.ts'
import { type Sql, sql } from '../../src/database/sql.ts'

const measured = family({ name: 'measured', help: 'What a check of a test measures.', labels: {} })
const measuredOf = { family: measured, labels: {} }
const alerts = { none: 'Only tests have this check, and they look at its numbers.' }

/** A check whose one number is whatever SQL the test gives, as a statement. */
export function measuring(id: CheckId, measure: Sql, timeout: Duration = '5s') {
  const title = 'A test measures something'
  const gauges = { measured: measuredOf }
  return queryCheck({ id, title, every: '1m', timeout, gauges, measure: () => measure, alerts })
}

/** A check over the session table whose one number is an aggregate that the test gives. */
export function aggregating(id: CheckId, aggregate: Sql, timeout: Duration = '5s') {
  const title = 'A test aggregates something'
  const gauges = { measured: { ...measuredOf, aggregate: () => aggregate } }
  return scanCheck({ id, title, every: '1m', timeout, table: 'session', gauges, alerts })
}

/** Counts sessions, slowly: each row takes so many seconds. */
export function sleeping(id: CheckId, secondsPerRow: number, timeout: Duration) {
  return aggregating(id, sql`count(pg_sleep(${secondsPerRow}))`, timeout)
}

/** As {@link sleeping}, standing alone. */
export function sleepingAlone(id: CheckId, seconds: number, timeout: Duration) {
  return measuring(id, sql`select 1 as "measured" from pg_sleep(${seconds})`, timeout)
}
