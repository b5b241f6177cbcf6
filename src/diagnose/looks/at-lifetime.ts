import { LIFETIME_SLACK } from '../../servers/session/judge-cookie.ts'
import { bad, good, type Look } from '../diagnosis.ts'
import type { SessionRow } from '../facts/rows.ts'
import { sayLength } from '../say-time.ts'

/** What better-auth gives a session whose user does not want to be remembered, whatever `expiresIn` says (1.7). */
const NOT_REMEMBERED_SECONDS = 86_400

/**
 * Whether a session was made to last as long as the policy says, in seconds. A refresh only moves the end away, so what
 * is missing from the creation on was never granted.
 */
export function lookAtLifetime(
  { id, createdAt, expiresAt, impersonatedBy }: SessionRow,
  policySeconds: number,
): Look | undefined {
  if (createdAt === null || expiresAt === null) return undefined
  const lifetime = (expiresAt.getTime() - createdAt.getTime()) / 1_000
  // The end is reckoned a moment before the row is written: seven days less two milliseconds are not six days.
  const life = sayLength(Math.round(lifetime / LIFETIME_SLACK) * LIFETIME_SLACK * 1_000)
  const policy = sayLength(policySeconds * 1_000)
  if (lifetime >= policySeconds - LIFETIME_SLACK) return good(`lasts ${life}; the policy says ${policy}`)
  if (impersonatedBy !== null) return good(`lasts ${life}: an administrator acts as the user`)
  if (Math.abs(lifetime - NOT_REMEMBERED_SECONDS) <= LIFETIME_SLACK) {
    return good(`lasts ${life}: signed in without "remember me"`)
  }
  return bad({
    evidence: `lasts ${life}; the policy says ${policy}`,
    severity: 'warning',
    cause: `The session ${id} was made to last ${life} instead of ${policy}: its user is signed out early.`,
    fix: {
      say: 'Give the server that made it the right session.expiresIn and restart it; authwatch diagnose alert AuthwatchJourneySignInBroken names it. If the shorter life is meant, set policy.sessionLifetime.',
    },
    runbook: 'AuthwatchSessionLifetimeOutOfPolicy',
  })
}
