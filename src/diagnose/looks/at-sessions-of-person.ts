import { seconds } from '../../catalogue/duration.ts'
import { bad, good, type Look, skipped } from '../diagnosis.ts'
import { MOST_SESSIONS, type PersonFacts } from '../facts/of-user.ts'
import { type Around, lookAt } from '../facts/reading.ts'
import type { SessionRow } from '../facts/rows.ts'
import { sayWhen } from '../say-time.ts'
import { lookAtLifetime } from './at-lifetime.ts'
import { lookAtActiveOrganization } from './at-membership.ts'

const isLive = ({ expiresAt }: SessionRow, now: Date): boolean => expiresAt === null || expiresAt > now

/** Whether the person has one that has not ended. */
export function lookAtSessions({ user, sessions }: PersonFacts, { now, policy }: Around): Look | undefined {
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

/** Of the newest live session. */
export function lookAtLifetimes({ sessions }: PersonFacts, { now, policy }: Around): Look | undefined {
  return lookAt(sessions, (all) => {
    const [newest] = all
      .filter((session) => isLive(session, now))
      .toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0))
    return newest === undefined ? undefined : lookAtLifetime(newest, seconds(policy.sessionLifetime))
  })
}

/** Of the live sessions: the first whose active organization is wrong speaks for all. */
export function lookAtActive(person: PersonFacts, around: Around): Look | undefined {
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
