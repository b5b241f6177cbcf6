import { scanCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * Harmless to security: an expired key is refused and deleted when it is presented. better-auth sweeps the others when
 * keys are created, listed, changed or deleted, but not when they are only verified, so a quiet deployment keeps some
 * in good health; many mean that the sweep fails.
 */
export const expiredEnabled = scanCheck({
  id: 'api_key.expired_enabled',
  title: 'Expired API keys are not being deleted',
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: ({ col, has, asOf }) => sql`
    ${col.expiresAt} < ${asOf} and ${col.enabled} is not false
    and ${has('revoked') ? col.revoked : sql`false`} is not true`,
  show: ['id', 'referenceId', 'expiresAt'],
  fix: {
    action: 'delete',
    effect:
      'Nothing changes for clients: better-auth refuses these keys already, and deletes them when they are used.',
  },
  alerts: [
    {
      severity: 'info',
      when: [{ metric: 'offenders', is: 'above', threshold: 100 }],
      for: '1h',
      summary: 'Expired API keys pile up in the API-key table',
    },
  ],
})
