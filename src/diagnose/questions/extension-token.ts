import type { ProbeCheck } from '../../catalogue/probe.ts'
import type { Fleet } from '../../run/run-probe.ts'
import type { Target } from '../../run/target.ts'
import { bad, type Diagnosis, good, type Look, type Step } from '../diagnosis.ts'
import { type Membership, membershipsOf, organizationsOf, usersNamed } from '../facts/people.ts'
import { type Around, lookAt, type Part, type Reading, readPart, valueOr } from '../facts/reading.ts'
import type { OrganizationRow, UserRow } from '../facts/rows.ts'
import type { ShownToken } from '../facts/shown-token.ts'
import { lookAtAudience, lookAtClaims, lookAtScopes, lookAtTimes } from '../looks/at-claims.ts'
import { lookAtMember } from '../looks/at-membership.ts'
import { lookAtBan } from '../looks/at-person.ts'
import { lookAtHeader, lookAtHolders, lookAtSignature } from '../looks/at-token.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'

export interface ExtensionTokenQuestion {
  readonly target: Target
  readonly fleet: Fleet
  /** Undefined when what was given is no token. */
  readonly shown: ShownToken | undefined
  /** Scopes that the route asks for; default: those of the policy. */
  readonly scopes: readonly string[] | undefined
  /** Id of the extension; default: what the token itself says. */
  readonly audience: string | undefined
  /** Tells whether a server holds the expected secret. */
  readonly secretProbe: ProbeCheck
}

interface Facts {
  readonly user: UserRow | undefined
  readonly organization: Part<OrganizationRow | undefined>
  readonly memberships: Part<readonly Membership[]>
}

/** Would this extension token be accepted, and where not? */
export async function extensionTokenDiagnosis(question: ExtensionTokenQuestion): Promise<Diagnosis> {
  const { target, fleet, shown } = question
  const title = 'Would this extension token be accepted?'
  const otherwise =
    'The token is good here. What does the server answer: 403 is scope or audience, 401 the token? authwatch diagnose alert AuthwatchExtensionTokenMisjudged looks at the servers.'
  if (shown === undefined) return { title, otherwise, steps: [NO_TOKEN] }
  return databaseDiagnosis<Facts>({
    ...{ title, otherwise, target },
    before: [
      { question: 'Is it a token of the right kind?', look: () => lookAtHeader(shown) },
      { question: 'Is it signed with the expected secret?', look: () => lookAtSignature(shown, fleet) },
      { question: 'Does each server hold that secret?', look: () => lookAtHolders(question) },
    ],
    read: (reading) => readFacts(reading, shown),
    steps: (facts, around) => stepsOf(facts, { ...around, ...question, shown }),
  })
}

const NO_TOKEN: Step = {
  question: 'Is it a token?',
  look: () =>
    bad({
      evidence: 'not three parts of base64url',
      severity: 'critical',
      cause: 'What was given is no JWT: it was cut, or something else was sent in its place.',
      fix: {
        say: 'Copy the whole token, without "Bearer". Look at what the extension sends in Authorization.',
      },
      runbook: 'An extension token is refused',
    }),
}

async function readFacts(reading: Reading, { claims }: ShownToken): Promise<Facts> {
  const { userId = '', orgId = '' } = claims
  const isId = userId !== '' && !userId.includes('@')
  const [user] = isId ? await usersNamed(reading, userId) : []
  return {
    user,
    organization: await readPart(async () =>
      orgId === '' ? undefined : (await organizationsOf(reading, [orgId]))[0],
    ),
    memberships: user === undefined ? { value: [] } : await membershipsOf(reading, user.id),
  }
}

function stepsOf(
  { user, organization, memberships }: Facts,
  around: Around & Omit<ExtensionTokenQuestion, 'shown' | 'fleet'> & { readonly shown: ShownToken },
): readonly Step[] {
  const { shown, now, policy } = around
  const { claims } = shown
  const scopes = around.scopes ?? policy.extensionToken.scopes
  return [
    {
      question: 'Is it in its time?',
      look: () => lookAtTimes(claims, { now, policy: policy.extensionToken }),
    },
    { question: 'Does it say for whom it is?', look: () => lookAtClaims(claims) },
    { question: 'Is it for this extension?', look: () => lookAtAudience(claims, around.audience) },
    { question: 'Does it have the scopes?', look: () => lookAtScopes(claims, scopes) },
    { question: 'Does its organization exist?', look: () => lookAtOrganization(claims.orgId, organization) },
    { question: 'Does its user exist?', look: () => lookAtUser(claims.userId, user) },
    { question: 'Is the user let in?', look: () => user && lookAtBan(user, around) },
    {
      question: 'Is the user a member of the organization?',
      look: () => {
        if (user === undefined) return undefined
        const about = { userId: user.id, organization: valueOr(organization, undefined) }
        return lookAt(memberships, (all) => lookAtMember({ ...about, memberships: all }, around))
      },
    },
  ]
}

function lookAtOrganization(
  orgId: string | undefined,
  organization: Part<OrganizationRow | undefined>,
): Look | undefined {
  if (orgId === undefined) return undefined
  return lookAt(organization, (found) => {
    if (found !== undefined) return good(found.slug ?? found.id)
    return bad({
      evidence: `there is no organization ${orgId}`,
      severity: 'critical',
      cause: `The token is for the organization ${orgId}, which does not exist (here).`,
      fix: { say: 'Was it deleted, or is the token of another environment? Ask for a new token.' },
      runbook: 'An extension token is refused',
    })
  })
}

function lookAtUser(userId: string | undefined, user: UserRow | undefined): Look | undefined {
  if (userId === undefined) return undefined
  if (user !== undefined) return good(user.id)
  return bad({
    evidence: `there is no user ${userId}`,
    severity: 'critical',
    cause: `The token is for the user ${userId}, who does not exist (here).`,
    fix: { say: 'Was the account deleted, or is the token of another environment? Ask for a new token.' },
    runbook: 'An extension token is refused',
  })
}
