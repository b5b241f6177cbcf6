import { scanCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/** Sign-in answers these users as if their password were wrong; better-auth itself never writes such a row. */
export const credentialWithoutPassword = scanCheck({
  id: 'user.credential_without_password',
  title: 'Password accounts have no password',
  every: '15m',
  timeout: '10s',
  table: 'account',
  offenders: ({ col, secret }) => sql`${col.providerId} = 'credential' and not ${secret.password.present}`,
  show: ['id', 'userId', 'createdAt', 'updatedAt'],
  fix: { decide: 'Do these users sign in in another way? If not, send them a password reset.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Users with a password account cannot sign in because no password is stored',
    },
  ],
})
