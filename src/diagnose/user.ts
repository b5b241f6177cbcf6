import { seconds } from '../catalogue/duration.ts'
import type { Target } from '../run/target.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'
import { bad, type Diagnosis, good, type Look, type Step, skipped } from './diagnosis.ts'
import { lookAtLifetime } from './look-at-lifetime.ts'
import {
  lookAtActiveOrganization,
  lookAtMember,
  lookAtMemberships,
  lookAtOrganization,
} from './look-at-membership.ts'
import { lookAtBan } from './look-at-person.ts'
import { lookAt, type Reading, valueOr } from './reading.ts'
import { updateRow } from './repairs.ts'
import type { SessionRow } from './rows.ts'
import { sayInstant, sayWhen } from './say-time.ts'
import { MOST_SESSIONS, type PersonFacts, readUserFacts, type UserFacts } from './user-facts.ts'

export interface UserQuestion {
  readonly target: Target
  /** E-mail address or id. */
  readonly who: string
  readonly slug: string | undefined
}

type Around = Pick<Reading, 'now' | 'policy' | 'spell'>

/** Can this person sign in, and reach that organization? */
export function userDiagnosis({ target, who, slug }: UserQuestion): Promise<Diagnosis> {
  return databaseDiagnosis<UserFacts>({
    title: `Can ${who} sign in${slug === undefined ? '' : ` and reach ${slug}`}?`,
    otherwise:
      'Nothing is wrong with this account. Look at the way in: authwatch diagnose login; at what the browser holds: authwatch diagnose session.',
    target,
    read: (reading) => readUserFacts(reading, { who, slug }),
    steps: (facts, around) => [
      { question: 'Is there such a user?', look: () => lookAtUser(facts, around) },
      ...(facts.person === undefined ? [] : personSteps(facts.person, { ...around, facts, slug })),
      { question: 'Does the limiter hold sign-ins back?', look: () => lookAtLimiter(facts) },
    ],
  })
}

function lookAtUser({ found, byEmail }: UserFacts, { now, spell }: Around): Look {
  const [user, ...twins] = found
  const runbook = 'AuthwatchUserDuplicateEmail'
  if (user === undefined) {
    return bad({
      evidence: 'nobody has this address or id',
      severity: 'warning',
      cause: 'There is no such user: better-auth answers INVALID_EMAIL_OR_PASSWORD, as to a wrong password.',
      fix: { say: 'Ask for the address that was signed up with; was the account deleted?' },
      runbook: 'A user cannot sign in',
    })
  }
  const ids = found.map(({ id }) => id).join(', ')
  const known = byEmail === null ? found.map(({ id }) => id) : valueOr(byEmail, [user.id])
  if (known.length === 0) {
    const set = { email: `lower(${spell.column('user', 'email')})` }
    return bad({
      evidence: `${ids}, stored with capitals`,
      severity: 'critical',
      cause: `The address of the user ${user.id} is stored with capitals, and better-auth looks for it in lower case: it finds nobody.`,
      fix: {
        say:
          twins.length === 0
            ? 'Store it in lower case.'
            : 'Decide which account stays, and store its address in lower case.',
        run: [updateRow(spell, { table: 'user', id: user.id, set })],
      },
      runbook,
    })
  }
  if (twins.length > 0) {
    return bad({
      evidence: `${found.length} users: ${ids}`,
      severity: 'warning',
      cause: `${found.length} users have this address, but for upper and lower case; better-auth signs in ${known[0]}.`,
      fix: { say: 'Decide which account stays, move what belongs to the other, and delete that one.' },
      runbook,
    })
  }
  return good(`${user.id}${user.createdAt === null ? '' : `, signed up ${sayWhen(user.createdAt, now)}`}`)
}

function personSteps(
  person: PersonFacts,
  around: Around & { readonly facts: UserFacts; readonly slug: string | undefined },
): readonly Step[] {
  const { user } = person
  const userId = user.id
  return [
    { question: 'Is the user let in?', look: () => lookAtBan(user, around) },
    { question: 'Is there a way to sign in?', look: () => lookAtAccounts(person) },
    { question: 'Is the e-mail address verified?', look: () => lookAtVerification(person) },
    { question: 'Is the second factor open?', look: () => lookAtLock(person, around) },
    { question: 'Does the user have sessions?', look: () => lookAtSessions(person, around) },
    { question: 'Do they last as long as the policy says?', look: () => lookAtLifetimes(person, around) },
    {
      question: 'Is the user in an organization?',
      look: () =>
        lookAt(person.memberships, (memberships) => lookAtMemberships({ userId, memberships }, around)),
    },
    ...organizationSteps(person, around),
    {
      question: 'Is the active organization one of theirs?',
      look: () => lookAtActive(person, around),
    },
  ]
}

function organizationSteps(
  { user, memberships }: PersonFacts,
  around: Around & { readonly facts: UserFacts; readonly slug: string | undefined },
): readonly Step[] {
  const { slug, facts } = around
  const named = facts.organizations
  if (slug === undefined || named === undefined) return []
  const organization = valueOr(named, []).find((each) => each.slug === slug)
  const about = { userId: user.id, memberships: valueOr(memberships, []), organization }
  return [
    {
      question: `Is there the organization ${slug}?`,
      look: () => lookAt(named, (all) => lookAtOrganization({ slug, named: all })),
    },
    {
      question: `Is the user a member of ${slug}?`,
      look: () => lookAt(memberships, () => lookAtMember(about, around)),
    },
  ]
}

function lookAtAccounts({ user, accounts }: PersonFacts): Look | undefined {
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

function lookAtVerification({ user }: PersonFacts): Look {
  if (user.emailVerified === null) return skipped('this database does not say')
  if (user.emailVerified) return good('verified')
  return skipped('not verified; refused only where emailAndPassword.requireEmailVerification is on')
}

function lookAtLock({ user, lockedUntil }: PersonFacts, { now }: Around): Look | undefined {
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

const isLive = ({ expiresAt }: SessionRow, now: Date): boolean => expiresAt === null || expiresAt > now

function lookAtSessions({ user, sessions }: PersonFacts, { now, policy }: Around): Look | undefined {
  if (policy.sessionStorage === 'secondary') return skipped('sessions are in secondary storage')
  return lookAt(sessions, (all) => {
    const live = all.filter((session) => isLive(session, now))
    const [last] = all
    if (last === undefined) return good('none: never signed in, or signed out')
    const most = all.length === MOST_SESSIONS ? `, of the last ${MOST_SESSIONS}` : ''
    const count = `${live.length} active, ${all.length - live.length} expired${most}`
    if (live.length > 0 || last.expiresAt === null) return good(count)
    return bad({
      evidence: `${count}; the last ended ${sayWhen(last.expiresAt, now)}`,
      severity: 'info',
      cause: `The last session of ${user.id} expired ${sayWhen(last.expiresAt, now)}: the user is asked to sign in.`,
      fix: {
        say: `That is right after ${policy.sessionLifetime} without a visit. Let the user sign in again.`,
      },
      runbook: 'A user was signed out',
    })
  })
}

function lookAtLifetimes({ sessions }: PersonFacts, { now, policy }: Around): Look | undefined {
  return lookAt(sessions, (all) => {
    const [newest] = all
      .filter((session) => isLive(session, now))
      .toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
    return newest === undefined ? undefined : lookAtLifetime(newest, seconds(policy.sessionLifetime))
  })
}

function lookAtActive(person: PersonFacts, around: Around): Look | undefined {
  if (around.policy.sessionStorage === 'secondary') return undefined
  return lookAt(person.sessions, (all) =>
    lookAt(person.memberships, (memberships) => {
      const looks = all
        .filter((session) => isLive(session, around.now))
        .map((session) => {
          const exists = person.existing.has(session.activeOrganizationId ?? '')
          return lookAtActiveOrganization({ session, memberships, exists }, around)
        })
      return looks.find(({ sign }) => sign === 'bad') ?? looks[0]
    }),
  )
}

function lookAtLimiter({ limited }: UserFacts): Look {
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
