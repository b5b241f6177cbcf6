import { bad, good, type Look, skipped } from '../diagnosis.ts'
import type { UserFacts } from '../facts/of-user.ts'

/** Whether better-auth's limiter holds anybody back now; it knows addresses, not people. */
export function lookAtLimiter({ limited }: UserFacts): Look {
  if ('missing' in limited) {
    return skipped('the limiter is not in the database; after three sign-ins in 10 s an address gets 429')
  }
  if (limited.value === 0) return good('no address is at its limit')
  const who = limited.value === 1 ? 'one client address is' : `${limited.value} client addresses are`
  return bad({
    evidence: `${who} at the limit on sign-ins now`,
    severity: 'info',
    cause: `Now ${who} at the limit on sign-ins; if it is this user's, they get 429 until they wait ten seconds.`,
    fix: {
      say: 'Wait and try again. Many at once, or the same for all users: better-auth does not see client addresses.',
    },
    runbook: 'AuthwatchSignInRateLimited',
  })
}
