import type { ScanScope } from '../../catalogue/check.ts'
import { gauge, scanCheck } from '../../catalogue/check.ts'
import { apiKeys } from '../../catalogue/families/api-key.ts'
import { sql } from '../../database/sql.ts'

function countIn(state: 'active' | 'disabled' | 'revoked' | 'expired') {
  return {
    ...gauge(apiKeys, { state }),
    aggregate: ({ col, has, asOf }: ScanScope<'apiKey'>) => sql`
      count(*) filter (where ${state} = case
        when ${has('revoked') ? col.revoked : sql`false`} is true then 'revoked'
        when ${col.enabled} is false then 'disabled'
        when ${col.expiresAt} < ${asOf} then 'expired'
        else 'active' end)`,
  }
}

export const population = scanCheck({
  id: 'api_key.population',
  title: 'API keys in the table',
  every: '1m',
  timeout: '10s',
  table: 'apiKey',
  gauges: {
    active: countIn('active'),
    disabled: countIn('disabled'),
    revoked: countIn('revoked'),
    expired: countIn('expired'),
  },
  alerts: { none: 'How many keys there are is context for the other checks; no number of them is wrong.' },
})
