import type { Target } from '../../run/target.ts'
import type { Diagnosis, Step } from '../diagnosis.ts'
import { type PersonFacts, readUserFacts, type UserFacts } from '../facts/of-user.ts'
import { type Around, lookAt, valueOr } from '../facts/reading.ts'
import { lookAtAccounts, lookAtLock, lookAtVerification } from '../looks/at-account.ts'
import { lookAtLimiter } from '../looks/at-limiter.ts'
import { lookAtMember, lookAtMemberships, lookAtOrganization } from '../looks/at-membership.ts'
import { lookAtBan, lookAtUser } from '../looks/at-person.ts'
import { lookAtActive, lookAtLifetimes, lookAtSessions } from '../looks/at-sessions-of-person.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'

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
