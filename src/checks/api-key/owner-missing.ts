import { queryCheck } from '../../catalogue/check.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/**
 * The danger: such a key still verifies. `referenceId` has no foreign key, better-auth's `deleteUser` and
 * `deleteOrganization` leave API keys behind, and `verifyApiKey` never looks the owner up.
 * `referenceId` may be a user's or an organization's; which, only the application's configuration knows.
 */
export const ownerMissing = queryCheck({
  id: 'api_key.owner_missing',
  title: 'API keys whose owner no longer exists are still accepted',
  every: '1m',
  timeout: '10s',
  rowsOf: 'apiKey',
  offenders: ({ table, has, asOf }) => {
    const k = table('apiKey', 'k')
    const u = table('user', 'u')
    const o = has('organization') ? table('organization', 'o') : undefined
    const isOrganization =
      o === undefined
        ? sql`false`
        : sql`exists (select from ${o.from} where ${o.col.id}::text = ${k.col.referenceId}::text)`
    return sql`
      select ${k.col.id} as "id", ${k.col.referenceId} as "referenceId", ${k.col.lastRequest} as "lastRequest"
        from ${k.from}
       where ${k.col.referenceId}::text <> '' and ${usable(k, { asOf })}
         and not exists (select from ${u.from} where ${u.col.id}::text = ${k.col.referenceId}::text)
         and not ${isOrganization}`
  },
  show: ['id', 'referenceId', 'lastRequest'],
  fix: {
    action: 'set',
    set: ({ asOf }) => ({ enabled: sql`false`, updatedAt: asOf }),
    effect:
      'Clients that use these keys are refused from now on. It can be undone (`enabled`). Keys that are also kept in secondary storage have to be removed there.',
  },
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '5m',
      summary: 'API keys of deleted users or organizations still work',
    },
  ],
})
