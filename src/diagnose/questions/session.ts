import { seconds } from '../../catalogue/duration.ts'
import type { Fleet } from '../../run/run-probe.ts'
import type { Target } from '../../run/target.ts'
import { signSessionToken } from '../../servers/session/forge-session-token.ts'
import { bad, type Diagnosis, type Look, type Step, skipped } from '../diagnosis.ts'
import { readSessionFacts, type SessionFacts } from '../facts/of-session.ts'
import { type Around, lookAt, type Part, valueOr } from '../facts/reading.ts'
import type { SessionRow } from '../facts/rows.ts'
import type { ShownSession } from '../facts/shown-session.ts'
import { lookAtName, lookAtSignature } from '../looks/at-cookie.ts'
import { lookAtLifetime } from '../looks/at-lifetime.ts'
import { lookAtActiveOrganization, lookAtMemberships } from '../looks/at-membership.ts'
import { lookAtBan } from '../looks/at-person.ts'
import { lookAtServers, type OnServers } from '../looks/at-servers.ts'
import { lookAtCache, lookAtExpiry, lookAtOwner, lookAtRow } from '../looks/at-session.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'

export interface SessionQuestion {
  readonly target: Target
  readonly fleet: Fleet
  /** Undefined when what was given holds no session. */
  readonly shown: ShownSession | undefined
}

/** Is this session any good, and if not, why? */
export async function sessionDiagnosis({ target, fleet, shown }: SessionQuestion): Promise<Diagnosis> {
  const title = 'Is this session good?'
  const otherwise =
    'The session is good here. Look at what the browser sends: authwatch diagnose login; at the person: authwatch diagnose user.'
  if (shown === undefined) return { title, otherwise, steps: [NOT_A_SESSION] }
  return databaseDiagnosis<SessionFacts>({
    ...{ title, otherwise, target },
    before: [
      { question: 'Is it the cookie that the servers look for?', look: () => lookAtName(shown, fleet) },
      { question: 'Is it signed with the expected secret?', look: () => lookAtSignature(shown, fleet) },
    ],
    read: (reading) => readSessionFacts(reading, shown),
    steps: (facts, around) => stepsOf(facts, { ...around, shown, fleet }),
  })
}

const NOT_A_SESSION: Step = {
  question: 'Is there a session in it?',
  look: () =>
    bad({
      evidence: 'no session cookie',
      severity: 'warning',
      cause:
        'What was given holds no session cookie: the browser has none for this host, or it was copied in part.',
      fix: {
        say: 'Copy the value of the session cookie from the browser (Application, Cookies). If there is none after a sign-in: authwatch diagnose login.',
      },
      runbook: 'A user was signed out',
    }),
}

function stepsOf(
  { row, user, memberships, activeExists }: SessionFacts,
  around: Around & Pick<SessionQuestion, 'fleet'> & { readonly shown: ShownSession },
): readonly Step[] {
  const { now, policy, shown, spell } = around
  const session = valueOr(row, null)
  const userId = session?.userId ?? ''
  let asked: Promise<OnServers> | undefined
  const servers = () => {
    asked ??= askServers(row, around)
    return asked
  }
  const ofSession = (look: (found: SessionRow) => Look | undefined) => () =>
    session === null ? undefined : look(session)
  return [
    { question: 'Is there such a session?', look: async () => lookAtRow(row, around, servers) },
    { question: 'Is it still live?', look: ofSession((found) => lookAtExpiry(found, around)) },
    {
      question: 'Was it made to last as long as the policy says?',
      look: ofSession((found) => lookAtLifetime(found, seconds(policy.sessionLifetime))),
    },
    { question: 'Does the cookie cache say otherwise?', look: () => lookAtCache(shown, { row, now }) },
    { question: 'Does its user exist?', look: ofSession((found) => lookAtOwner(found, user, spell)) },
    {
      question: 'Is the user let in?',
      look: () => (user === undefined ? undefined : lookAtBan(user, around)),
    },
    {
      question: 'Is the user in an organization?',
      look: () =>
        user && lookAt(memberships, (all) => lookAtMemberships({ userId, memberships: all }, around)),
    },
    {
      question: 'Is its active organization one of theirs?',
      look: ofSession((found) =>
        lookAt(memberships, (all) => {
          const about = { session: found, memberships: all, exists: activeExists }
          return lookAtActiveOrganization(about, around)
        }),
      ),
    },
    { question: 'Does each server accept it?', look: async () => (await servers()).look },
  ]
}

/** A server deletes the row of an expired session that it is shown; one that ends meanwhile counts as expired. */
const MARGIN_MS = 60_000

async function askServers(
  row: Part<SessionRow | null>,
  { fleet, shown, now, policy }: Around & Pick<SessionQuestion, 'fleet'> & { readonly shown: ShownSession },
): Promise<OnServers> {
  const notAsked = (why: string) => ({ look: skipped(why), isAccepted: false })
  if ('missing' in row && policy.sessionStorage === 'database')
    return notAsked('not asked without the row: a server deletes an expired session that it is shown')
  const session = valueOr(row, null)
  const end = session?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
  if (end < now.getTime() + MARGIN_MS)
    return notAsked('not asked: a server deletes an expired session that it is shown')
  const { token, signature } = shown
  const { auth } = fleet.secrets
  if (signature !== null)
    return lookAtServers(fleet, {
      value: encodeURIComponent(`${token}.${signature}`),
      isLive: session !== null,
    })
  if (auth === undefined) return notAsked('a bare token, and BETTER_AUTH_SECRET is not configured')
  return lookAtServers(fleet, { value: signSessionToken({ token, secret: auth }), isLive: session !== null })
}
