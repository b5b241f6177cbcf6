import { scanCheck } from '../../catalogue/check.ts'
import { switchedOn } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

export const neverExpires = scanCheck({
  id: 'api_key.never_expires',
  title: 'Usable API keys have no expiry',
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: (scope) => sql`${scope.col.expiresAt} is null and ${switchedOn(scope)}`,
  show: ['id', 'referenceId', 'createdAt', 'lastRequest'],
  fix: { decide: 'How long may a key live? Give new keys that lifetime, and the old ones an end.' },
  alerts: {
    none: 'No expiry is the default of the API-key plugin and a policy, not a fault; reviewed on the dashboard.',
  },
})
