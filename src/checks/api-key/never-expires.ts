import { scanCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

export const neverExpires = scanCheck({
  id: 'api_key.never_expires',
  title: 'Usable API keys have no expiry',
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: ({ col, has }) => sql`
    ${col.expiresAt} is null and ${col.enabled} is not false
    and ${has('revoked') ? col.revoked : sql`false`} is not true`,
  show: ['id', 'referenceId', 'createdAt', 'lastRequest'],
  alerts: {
    none: 'No expiry is the default of the API-key plugin and a policy, not a fault; reviewed on the dashboard.',
  },
})
