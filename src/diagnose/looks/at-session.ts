import { deleteRow } from '../causes/repairs.ts'
import { bad, good, type Look, skipped } from '../diagnosis.ts'
import { type Around, type Part, valueOr } from '../facts/reading.ts'
import type { SessionRow, UserRow } from '../facts/rows.ts'
import type { ShownSession } from '../facts/shown-session.ts'
import { sayInstant, sayWhen } from '../say-time.ts'
import type { OnServers } from './at-servers.ts'

/** Whether there is a row. Servers that take a session without one keep theirs elsewhere. */
export async function lookAtRow(
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

/** Whether it has ended. */
export function lookAtExpiry({ id, expiresAt }: SessionRow, { now, policy }: Around): Look {
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

/** Whether the cookie is believed without a look at the row, after the row is gone. */
export function lookAtCache(
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

/** Whether the user whom it names exists. */
export function lookAtOwner(
  { id, userId }: SessionRow,
  user: UserRow | undefined,
  spell: Around['spell'],
): Look {
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
