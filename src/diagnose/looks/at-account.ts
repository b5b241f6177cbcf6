import { bad, good, type Look, skipped } from '../diagnosis.ts'
import type { PersonFacts } from '../facts/of-user.ts'
import { type Around, lookAt } from '../facts/reading.ts'
import { sayInstant, sayWhen } from '../say-time.ts'

/** Whether there is any way to sign in, by password or provider. */
export function lookAtAccounts({ user, accounts }: PersonFacts): Look | undefined {
  return lookAt(accounts, (all) => {
    const runbook = 'AuthwatchUserCredentialWithoutPassword'
    const reset = {
      say: 'Send a password reset: POST <routes.auth>/request-password-reset with the address.',
    }
    const providers = all.map(({ providerId }) => providerId ?? 'unknown').join(', ')
    if (all.length === 0) {
      const cause = `The user ${user.id} has no account to sign in with: no password and no provider.`
      return bad({ evidence: 'no account row', severity: 'critical', cause, fix: reset, runbook })
    }
    const credential = all.find(({ providerId }) => providerId === 'credential')
    if (credential?.hasPassword === false) {
      const severity = all.length > 1 ? 'warning' : 'critical'
      const cause = `The password account of ${user.id} has no password: whatever is typed is refused.`
      return bad({ evidence: `${providers}; the password is empty`, severity, cause, fix: reset, runbook })
    }
    return good(`by ${providers}${credential === undefined ? '; by password not' : ''}`)
  })
}

/** Whether an unverified address could be why. */
export function lookAtVerification({ user }: PersonFacts): Look {
  if (user.emailVerified === null) return skipped('this database does not say')
  if (user.emailVerified) return good('verified')
  return skipped('not verified; refused only where emailAndPassword.requireEmailVerification is on')
}

/** Whether the second factor takes codes now. */
export function lookAtLock({ user, lockedUntil }: PersonFacts, { now }: Around): Look | undefined {
  if (user.twoFactorEnabled !== true) return undefined
  return lookAt(lockedUntil, (until) => {
    if (until === null || until <= now) return good('not locked')
    return bad({
      evidence: `locked until ${sayInstant(until)}`,
      severity: 'warning',
      cause: `Too many wrong codes: the second factor of ${user.id} is locked, and opens ${sayWhen(until, now)}.`,
      fix: { say: 'Wait; or ask the user whether it was them, and reset the second factor.' },
      runbook: 'A user cannot sign in',
    })
  })
}
