import { queryCheck } from '../../catalogue/check.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/**
 * better-auth looks a key up by its hash and takes whichever row it finds first, and no unique index forbids two. So
 * a request may act for the wrong owner, and revoking one row leaves the secret working through the other.
 * Rows beyond the oldest of each group count, and only while one of the group is usable. Keys are grouped first, since
 * sorting all of them to find that none is there twice costs several times as much.
 */
export const duplicateKey = queryCheck({
  id: 'api_key.duplicate_key',
  title: 'Several API-key rows hold the same key',
  every: '5m',
  timeout: '10s',
  rowsOf: 'apiKey',
  offenders: ({ table, asOf }) => {
    const k = table('apiKey', 'k')
    const other = table('apiKey', 'other')
    const { digest, present } = k.secret.key
    return sql`
      select "id", "referenceId", "createdAt"
        from (select ${k.col.id} as "id", ${k.col.referenceId} as "referenceId", ${k.col.createdAt} as "createdAt",
                     row_number() over (partition by ${digest} order by ${k.col.createdAt}, ${k.col.id}) as place,
                     bool_or(${usable(k, { asOf })}) over (partition by ${digest}) as usable
                from ${k.from}
               where ${digest} in (select ${other.secret.key.digest} from ${other.from}
                                    where ${other.secret.key.present} group by 1 having count(*) > 1)
                 and ${present}) as copies
       where place > 1 and usable`
  },
  show: ['id', 'referenceId', 'createdAt'],
  fix: {
    decide:
      'Whose key is it? With one owner, keep one row; with several, disable all of them and issue new keys.',
  },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '5m',
      summary:
        'One API key is stored in several rows, so it may act for the wrong owner or outlive its revocation',
    },
  ],
})
