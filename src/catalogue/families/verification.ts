import { family } from '../family.ts'

export const verifications = family({
  name: 'verifications',
  help: 'Rows in the verification table, by whether they have expired.',
  labels: { state: ['pending', 'expired'] },
})
