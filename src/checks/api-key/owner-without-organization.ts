import { queryCheck } from '../../catalogue/check.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/**
 * A key acts in an organization of its owner, so such a key gets 401 on every tenant request. Where half of all users
 * or more belong to no organization, belonging to one is no rule here and nothing is reported.
 */
export const ownerWithoutOrganization = queryCheck({
  id: 'api_key.owner_without_organization',
  title: 'Usable API keys belong to users who are in no organization',
  every: '5m',
  timeout: '10s',
  rowsOf: 'apiKey',
  offenders: ({ table, asOf }) => {
    const k = table('apiKey', 'k')
    const u = table('user', 'u')
    const m = table('member', 'm')
    const everyone = table('user', 'everyone')
    const joined = table('member', 'joined')
    return sql`
      select ${k.col.id} as "id", ${k.col.referenceId} as "referenceId", ${k.col.lastRequest} as "lastRequest"
        from ${k.from}
        join ${u.from} on ${u.col.id}::text = ${k.col.referenceId}::text
       where ${usable(k, { asOf })}
         and not exists (select from ${m.from} where ${m.col.userId} = ${u.col.id})
         and (select count(distinct ${joined.col.userId}) from ${joined.from}) * 2
             > (select count(*) from ${everyone.from})`
  },
  show: ['id', 'referenceId', 'lastRequest'],
  fix: {
    decide: 'Should the owner be in an organization? Then add the membership; if not, disable the key.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '15m',
      summary: 'API keys are refused because their owner is in no organization',
    },
  ],
})
