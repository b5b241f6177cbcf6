import { gauge, type ScanScope, scanCheck } from '../../catalogue/check.ts'
import type { Duration } from '../../catalogue/duration.ts'
import { sessionsByAge } from '../../catalogue/families/session.ts'
import { type Sql, sql } from '../../database/sql.ts'

/** Counts live sessions that are at least `from` and less than `until` old; open where it is undefined. */
function aged({ from, until }: { readonly from?: Duration; readonly until?: Duration }) {
  return ({ col, asOf, ago }: ScanScope<'session'>): Sql => {
    const oldEnough = from === undefined ? sql`true` : sql`${col.createdAt} <= ${ago(from)}`
    const youngEnough = until === undefined ? sql`true` : sql`${col.createdAt} > ${ago(until)}`
    return sql`count(*) filter (where ${col.expiresAt} > ${asOf} and ${oldEnough} and ${youngEnough})`
  }
}

export const population = scanCheck({
  id: 'session.population',
  title: 'Sessions are counted by age',
  every: '1m',
  timeout: '10s',
  table: 'session',
  gauges: {
    under5m: { ...gauge(sessionsByAge, { age: 'under_5m' }), aggregate: aged({ until: '5m' }) },
    under1h: { ...gauge(sessionsByAge, { age: '5m_to_1h' }), aggregate: aged({ from: '5m', until: '1h' }) },
    under24h: {
      ...gauge(sessionsByAge, { age: '1h_to_24h' }),
      aggregate: aged({ from: '1h', until: '24h' }),
    },
    under7d: { ...gauge(sessionsByAge, { age: '24h_to_7d' }), aggregate: aged({ from: '24h', until: '7d' }) },
    over7d: { ...gauge(sessionsByAge, { age: 'over_7d' }), aggregate: aged({ from: '7d' }) },
  },
  alerts: {
    none: 'How many sessions are right only the traffic can tell; alerts on sign-ins compare the two.',
  },
})
