import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth asks about a ban only when a session is created, and its own ban deletes the sessions there are. A
 * ban written by other means leaves them, and they go on working until they expire.
 */
export const userBanned = queryCheck({
  id: 'session.user_banned',
  title: 'Live sessions belong to banned users',
  every: '1m',
  timeout: '10s',
  rowsOf: 'session',
  offenders: ({ table, asOf }) => {
    const s = table('session', 's')
    const u = table('user', 'u')
    const lasts = u.has('banExpires')
      ? sql`(${u.col.banExpires} is null or ${u.col.banExpires} > ${asOf})`
      : sql`true`
    return sql`
      select ${s.col.id} as "id", ${s.col.userId} as "userId", ${s.col.expiresAt} as "expiresAt"
        from ${u.from} join ${s.from} on ${s.col.userId} = ${u.col.id}
       where coalesce(${u.col.banned}, false) and ${lasts} and ${s.col.expiresAt} > ${asOf}`
  },
  show: ['id', 'userId', 'expiresAt'],
  fix: {
    action: 'delete',
    effect: 'The banned users are signed out; with a cookie cache, when it ends (5 minutes by default).',
  },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '10m',
      summary: 'Banned users are still signed in',
    },
  ],
})
