import { scanCheck } from '../../catalogue/check.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/**
 * A credential nobody would miss if it were stolen. Any write counts as a sign of life: better-auth leaves
 * `lastRequest` alone for keys without a rate-limit window or maximum, but moves `updatedAt` at every use.
 */
export const unused = scanCheck({
  id: 'api_key.unused',
  title: 'Usable API keys have not been used for a long time',
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: (scope) => {
    const { col, ago, policy } = scope
    const touched = sql`greatest(${col.createdAt}, ${col.updatedAt}, ${col.lastRequest})`
    return sql`${usable(scope, scope)} and ${touched} < ${ago(policy.apiKeyUnused)}`
  },
  show: ['id', 'referenceId', 'createdAt', 'lastRequest'],
  fix: { decide: 'Does its owner still need it? If nobody knows, disable it, wait, and delete it later.' },
  alerts: [
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '1h',
      summary: 'API keys that nobody uses are still accepted',
    },
  ],
})
