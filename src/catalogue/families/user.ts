import { family } from '../family.ts'

export const users = family({
  name: 'users',
  help: 'Rows in the user table, by whether the e-mail address was verified.',
  labels: { email: ['verified', 'unverified'] },
})

export const usersCreated = family({
  name: 'users_created_within_day',
  help: 'Users created within the last 24 hours.',
  labels: {},
})
