import { scanCheck } from '../../catalogue/check.ts'
import { usable } from '../../catalogue/usable-api-key.ts'
import { sql } from '../../database/sql.ts'

/** SHA-256 in base64url without padding: the only hash the API-key plugin has (1.2 to 1.7). */
const HASH_LENGTH = 43

/**
 * Whoever reads the table, or a backup of it, can use a key that is stored in clear. The length is a hint, not proof:
 * an application that writes rows itself may hash in its own way. So it is a warning, not a page.
 */
export const storedInClear = scanCheck({
  id: 'api_key.stored_in_clear',
  title: "Usable API keys are not stored as better-auth's hash",
  every: '15m',
  timeout: '10s',
  table: 'apiKey',
  offenders: (scope) => sql`
    ${scope.secret.key.present} and ${scope.secret.key.length} <> ${HASH_LENGTH} and ${usable(scope, scope)}`,
  show: ['id', 'referenceId', 'createdAt'],
  fix: {
    decide: 'Turning hashing on and converting the rows belong into one deployment, or clients are refused.',
  },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'API keys are probably stored in clear',
    },
  ],
})
