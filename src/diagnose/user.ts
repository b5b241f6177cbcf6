import type { Target } from '../run/target.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'
import { bad, type Diagnosis, good, type Look, type Step, skipped } from './diagnosis.ts'
import { lookAtAccounts, lookAtLock, lookAtVerification } from './look-at-account.ts'
import { lookAtMember, lookAtMemberships, lookAtOrganization } from './look-at-membership.ts'
import { lookAtBan } from './look-at-person.ts'
import { lookAtActive, lookAtLifetimes, lookAtSessions } from './look-at-sessions.ts'
import { type Around, lookAt, valueOr } from './reading.ts'
import { updateRow } from './repairs.ts'
import { sayWhen } from './say-time.ts'
import { type PersonFacts, readUserFacts, type UserFacts } from './user-facts.ts'

export interface UserQuestion {
  readonly target: Target
  /** E-mail address or id. */
  readonly who: string
  readonly slug: string | undefined
}

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
