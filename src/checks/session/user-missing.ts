import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'
import { sessionReferences } from '../session-references.ts'

/**
 * better-auth refuses such a session, but code that reads the session table itself does not. The foreign key that
 * better-auth declares makes this impossible, so it also tells that the key is gone.
 */
export const userMissing = queryCheck({
  id: 'session.user_missing',
  title: 'Live sessions belong to users who do not exist',
  every: '5m',
  timeout: '10s',
  rowsOf: 'session',
  offenders: ({ table, asOf }) => {
    const s = table('session', 's')
    const u = table('user', 'u')
    return sql`
      select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.expiresAt} as "expiresAt"
        from ${s.from}
       where ${s.col.expiresAt} > ${asOf}
         and not exists (select from ${u.from} where ${u.col.id} = ${s.col.userId})`
  },
  show: ['id', 'userId', 'expiresAt'],
  shared: {
    source: sessionReferences,
    aggregates: () => ({ offenders: sql`count(*) filter (where not r.has_user)` }),
  },
  fix: { action: 'delete', effect: 'Nobody is signed out: better-auth refuses these sessions already.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Sessions of users who do not exist are in the session table',
    },
  ],
})
