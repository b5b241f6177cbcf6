import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth writes and looks up addresses in lower case, and the unique index tells cases apart. A row imported
 * with capitals can never sign in, and code that compares without regard to case may take one user for the other.
 * Every row but the oldest of an address is an offender.
 */
export const duplicateEmail = queryCheck({
  id: 'user.duplicate_email',
  title: 'Several users have one e-mail address, but for upper and lower case',
  every: '15m',
  timeout: '10s',
  rowsOf: 'user',
  offenders: ({ table }) => {
    const u = table('user', 'u')
    const other = table('user', 'other')
    return sql`
      select r."id", r."createdAt"
        from (select ${u.col.id} as "id", ${u.col.createdAt} as "createdAt",
                     row_number() over (partition by lower(${u.col.email})
                                            order by ${u.col.createdAt}, ${u.col.id}) as place
                from ${u.from}
               where lower(${u.col.email}) in (select lower(${other.col.email}) from ${other.from}
                                                where ${other.col.email} <> ''
                                                group by 1 having count(*) > 1)) as r
       where r.place > 1`
  },
  show: ['id', 'createdAt'],
  fix: {
    decide: 'Which of the accounts does the person use? Move what belongs to the other one, then delete it.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'E-mail addresses belong to more than one user',
    },
  ],
})
