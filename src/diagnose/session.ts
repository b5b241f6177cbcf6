import { seconds } from '../catalogue/duration.ts'
import type { Fleet } from '../run/run-probe.ts'
import type { Target } from '../run/target.ts'
import { signSessionToken } from '../servers/forge-session-token.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'
import { bad, type Diagnosis, good, type Look, type Step, skipped } from './diagnosis.ts'
import { lookAtName, lookAtSignature } from './look-at-cookie.ts'
import { lookAtLifetime } from './look-at-lifetime.ts'
import { lookAtActiveOrganization, lookAtMemberships } from './look-at-membership.ts'
import { lookAtBan } from './look-at-person.ts'
import { type Membership, membershipsOf, organizationsOf, usersNamed } from './people.ts'
import { lookAt, type Part, type Reading, readPart, readRows, valueOr } from './reading.ts'
import { deleteRow } from './repairs.ts'
import { type SessionRow, sessionRow, type UserRow } from './rows.ts'
import { sayInstant, sayWhen } from './say-time.ts'
import { lookAtServers, type OnServers } from './session-on-servers.ts'
import type { ShownSession } from './shown-session.ts'

export interface SessionQuestion {
  readonly target: Target
  readonly fleet: Fleet
  /** Undefined when what was given holds no session. */
  readonly shown: ShownSession | undefined
}

interface Facts {
  /** Null: there is no such row. */
  readonly row: Part<SessionRow | null>
  readonly user: UserRow | undefined
  readonly memberships: Part<readonly Membership[]>
  readonly activeExists: boolean
}

type Around = Pick<Reading, 'now' | 'policy' | 'spell'>

/** Is this session any good, and if not, why? */
export async function sessionDiagnosis({ target, fleet, shown }: SessionQuestion): Promise<Diagnosis> {
  const title = 'Is this session good?'
  const otherwise =
    'The session is good here. Look at what the browser sends: authwatch diagnose login; at the person: authwatch diagnose user.'
  if (shown === undefined) return { title, otherwise, steps: [NOT_A_SESSION] }
  return databaseDiagnosis<Facts>({
    ...{ title, otherwise, target },
    before: [
      { question: 'Is it the cookie that the servers look for?', look: () => lookAtName(shown, fleet) },
      { question: 'Is it signed with the expected secret?', look: () => lookAtSignature(shown, fleet) },
    ],
    read: (reading) => readFacts(reading, shown),
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

async function readFacts(reading: Reading, { token }: ShownSession): Promise<Facts> {
  const row = await readPart(async () => {
    const rows = await readRows(reading, sessionRow, {
      table: 'session',
      where: ({ holds }) => holds('token', token),
      limit: 1,
    })
    return rows[0] ?? null
  })
  const session = valueOr(row, null)
  const userId = session?.userId ?? ''
  const active = session?.activeOrganizationId ?? null
  const organizations = await readPart(() => organizationsOf(reading, active === null ? [] : [active]))
  return {
    row,
    user: session === null ? undefined : (await usersNamed(reading, userId)).find(({ id }) => id === userId),
    memberships: session === null ? { value: [] } : await membershipsOf(reading, userId),
    activeExists: valueOr(organizations, []).length > 0,
  }
}

function stepsOf(
  { row, user, memberships, activeExists }: Facts,
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

async function lookAtRow(
  row: Part<SessionRow | null>,
  { policy }: Around,
  servers: () => Promise<OnServers>,
): Promise<Look | undefined> {
  if (policy.sessionStorage === 'secondary') return skipped('sessions are in secondary storage')
  if ('missing' in row) return row.missing
  const session = row.value
  if (session !== null) return good(`${session.id}, of the user ${session.userId ?? 'nobody'}`)
  const runbook = 'A user was signed out'
  const evidence = 'no row has this token'
  if ((await servers()).isAccepted) {
    return bad({
      evidence: `${evidence}, and servers accept it`,
      severity: 'warning',
      cause:
        'The servers know the session, and this database does not: theirs is another, or they keep sessions elsewhere.',
      fix: {
        say: 'Compare DATABASE_URL with that of the servers; with secondary storage set policy.sessionStorage: secondary. A replica may lag.',
      },
      runbook,
    })
  }
  return bad({
    evidence,
    severity: 'warning',
    cause:
      'There is no such session: it was signed out or revoked, or it expired and was deleted when it was next shown.',
    fix: {
      say: 'Let the user sign in again. If many ask for the same, did somebody delete sessions, or does the application write them to another database?',
    },
    runbook,
  })
}

function lookAtExpiry({ id, expiresAt }: SessionRow, { now, policy }: Around): Look {
  if (expiresAt === null) return good('it has no end')
  if (expiresAt > now) return good(`ends ${sayWhen(expiresAt, now)}`)
  return bad({
    evidence: `expired ${sayWhen(expiresAt, now)}, at ${sayInstant(expiresAt)}`,
    severity: 'warning',
    cause: `The session ${id} expired in the database ${sayWhen(expiresAt, now)}: the user is sent to the sign-in.`,
    fix: {
      say: `That is right after ${policy.sessionLifetime} without a visit: let the user sign in again. If it came too early, compare session.expiresIn of the servers.`,
    },
    runbook: 'A user was signed out',
  })
}

function lookAtCache(
  { cacheUntil }: ShownSession,
  { row, now }: { readonly row: Part<SessionRow | null>; readonly now: Date },
): Look | undefined {
  if (cacheUntil === null) return undefined
  if (cacheUntil <= now) return good(`its cache ended ${sayWhen(cacheUntil, now)}`)
  if (valueOr(row, null) !== null) return good(`its cache is believed until ${sayInstant(cacheUntil)}`)
  return bad({
    evidence: `its cache is believed until ${sayInstant(cacheUntil)}`,
    severity: 'info',
    cause: `The session is gone, and its cookie cache is still believed until ${sayInstant(cacheUntil)}.`,
    fix: { say: 'Wait for it. What must end at once needs a shorter session.cookieCache.maxAge.' },
    runbook: 'AuthwatchJourneySignInBroken',
  })
}

function lookAtOwner({ id, userId }: SessionRow, user: UserRow | undefined, spell: Reading['spell']): Look {
  if (user !== undefined) return good(user.id)
  return bad({
    evidence: `there is no user ${userId}`,
    severity: 'critical',
    cause: `The session ${id} belongs to the user ${userId}, who does not exist: better-auth answers as to nobody.`,
    fix: {
      say: 'If users were lost, restore them first. Otherwise the session can go.',
      run: [deleteRow(spell, { table: 'session', id })],
    },
    runbook: 'AuthwatchSessionUserMissing',
  })
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
