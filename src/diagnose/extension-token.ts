import { compactVerify } from 'jose'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Fleet } from '../run/run-probe.ts'
import type { Target } from '../run/target.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'
import { bad, type Diagnosis, good, type Look, type Step, skipped, unknown } from './diagnosis.ts'
import { lookAtAudience, lookAtClaims, lookAtScopes, lookAtTimes } from './look-at-claims.ts'
import { lookAtMember } from './look-at-membership.ts'
import { lookAtBan } from './look-at-person.ts'
import { type Membership, membershipsOf, organizationsOf, usersNamed } from './people.ts'
import { probeNow } from './probe-now.ts'
import { lookAt, type Part, type Reading, readPart, valueOr } from './reading.ts'
import type { OrganizationRow, UserRow } from './rows.ts'
import type { ShownToken } from './shown-token.ts'

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

type Around = Pick<Reading, 'now' | 'policy' | 'spell'>

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
      { question: 'Does each server hold that secret?', look: () => lookAtServers(question) },
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

function lookAtHeader({ header }: ShownToken): Look {
  const { alg } = header
  if (alg === 'HS256') return good('JWT, HS256')
  const said = alg?.slice(0, 20) ?? 'none'
  return bad({
    evidence: `alg ${said}`,
    severity: 'critical',
    cause: `The token is signed with ${said} and not with HS256: the application did not make it.`,
    fix: {
      say: 'Ask where it comes from. A server that accepts it must not: authwatch diagnose alert AuthwatchExtensionTokenMisjudged.',
    },
    runbook: 'An extension token is refused',
  })
}

async function lookAtSignature({ token, header }: ShownToken, { secrets }: Fleet): Promise<Look | undefined> {
  if (header.alg !== 'HS256') return undefined
  const secret = secrets.extensionToken
  if (secret === undefined) return skipped('the expected secret is not configured (EXTENSION_TOKEN_SECRET)')
  const isSigned = await compactVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
  }).then(
    () => true,
    () => false,
  )
  if (isSigned) return good('signed with it')
  return bad({
    evidence: 'not signed with it',
    severity: 'critical',
    cause:
      'The token is signed with another EXTENSION_TOKEN_SECRET than expected, or was changed: servers with the expected one refuse it.',
    fix: {
      say: 'Give all servers one secret; compare on each without showing it. Tokens of the other secret die with it: ask for a new one.',
      run: ['printf %s "$EXTENSION_TOKEN_SECRET" | sha256sum | cut -c1-8'],
    },
    runbook: 'AuthwatchSecretExtensionDiffers',
  })
}

/** The token itself is shown to no server: it would act for its user. */
async function lookAtServers({ fleet, secretProbe }: ExtensionTokenQuestion): Promise<Look> {
  if (fleet.servers.length === 0) return skipped('no servers are configured')
  const runs = fleet.servers.map(async ({ name }) => {
    return [name, (await probeNow(secretProbe, { target: name, fleet })).verdict] as const
  })
  const verdicts = await Promise.all(runs)
  const [first] = verdicts
  if (first?.[1].state === 'skipped') return skipped(first[1].reason)
  const named = (state: string) =>
    verdicts.flatMap(([name, verdict]) => (verdict.state === state ? [name] : []))
  const wrong = named('fail').join(', ')
  const silent = named('error').join(', ')
  if (wrong === '') {
    return silent === '' ? good(named('pass').join(', ')) : unknown(`no answer to judge from ${silent}`)
  }
  return bad({
    evidence: `not on ${wrong}`,
    severity: 'critical',
    cause: `${wrong} holds another EXTENSION_TOKEN_SECRET than expected: tokens of the others fail there, and its own fail elsewhere.`,
    fix: {
      say: `Give ${wrong} the secret of the others and restart it. Compare on each server without showing it.`,
      run: ['printf %s "$EXTENSION_TOKEN_SECRET" | sha256sum | cut -c1-8'],
    },
    runbook: 'AuthwatchSecretExtensionDiffers',
  })
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
