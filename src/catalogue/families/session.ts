import { family } from '../family.ts'

/** Gauges about sessions. `check` never labels them; `target` is added where results are rendered. */
export const sessions = family({
  name: 'sessions',
  help: 'Rows in the session table, by whether they have expired.',
  labels: { state: ['active', 'expired'] },
})

export const oldestExpiredSession = family({
  name: 'session_oldest_expired_seconds',
  help: 'Time since the oldest session still in the table expired; absent when none has.',
  labels: {},
})

/** The newest age is the sign-in rate as the database sees it: it falls to nothing when nobody can sign in. */
export const sessionsByAge = family({
  name: 'sessions_by_age',
  help: 'Sessions that have not expired, by the time since they were created.',
  labels: { age: ['under_5m', '5m_to_1h', '1h_to_24h', '24h_to_7d', 'over_7d'] },
})

export const unusableActiveOrganization = family({
  name: 'session_active_organization_unusable_ratio',
  help: 'Share of the live sessions with an active organization whose user is no member of it, or that has none.',
  labels: { cause: ['foreign', 'missing'] },
})

export const newSessionsWithoutOrganization = family({
  name: 'session_new_without_organization_ratio',
  help: 'Share of the last day’s sessions of organization members that have no active organization.',
  labels: {},
})

export const earlierSessionsWithoutOrganization = family({
  name: 'session_earlier_without_organization_ratio',
  help: 'The same share among live sessions that are older than a day.',
  labels: {},
})

export const sessionsWithoutAddress = family({
  name: 'session_new_without_address_ratio',
  help: 'Share of the last hour’s sessions that have no client address; absent when there are none.',
  labels: {},
})
