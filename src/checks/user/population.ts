import { gauge, scanCheck } from '../../catalogue/check.ts'
import { users, usersCreated } from '../../catalogue/families/user.ts'
import { sql } from '../../database/sql.ts'

export const population = scanCheck({
  id: 'user.population',
  title: 'Users are counted',
  every: '5m',
  timeout: '10s',
  table: 'user',
  gauges: {
    verified: {
      ...gauge(users, { email: 'verified' }),
      aggregate: ({ col }) => sql`count(*) filter (where coalesce(${col.emailVerified}, false))`,
    },
    unverified: {
      ...gauge(users, { email: 'unverified' }),
      aggregate: ({ col }) => sql`count(*) filter (where not coalesce(${col.emailVerified}, false))`,
    },
    created: {
      ...gauge(usersCreated, {}),
      aggregate: ({ col, ago }) => sql`count(*) filter (where ${col.createdAt} > ${ago('24h')})`,
    },
  },
  alerts: { none: 'No number of users is a fault; the panel shows sign-ups that stop or that robots make.' },
})
