import { updateRow } from '../causes/repairs.ts'
import { bad, good, type Look } from '../diagnosis.ts'
import type { UserFacts } from '../facts/of-user.ts'
import { type Around, valueOr } from '../facts/reading.ts'
import type { UserRow } from '../facts/rows.ts'
import { sayWhen } from '../say-time.ts'

/** Whether the address or id is of exactly one person, whom better-auth finds by it. */
export function lookAtUser({ found, byEmail }: UserFacts, { now, spell }: Around): Look {
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

/** Whether the person is let in at all. */
export function lookAtBan(user: UserRow, { now, spell }: Around): Look {
  const { banned, banExpires } = user
  if (banned !== true) return good('not banned')
  if (banExpires !== null && banExpires <= now) return good(`the ban ended ${sayWhen(banExpires, now)}`)
  const until = banExpires === null ? 'without an end' : `and the ban ends ${sayWhen(banExpires, now)}`
  return bad({
    evidence: `banned, ${until}`,
    severity: 'critical',
    cause: `The user ${user.id} is banned ${until}: better-auth answers 403 BANNED_USER.`,
    fix: {
      say: 'If the ban is a mistake, lift it; better with auth.api.unbanUser, which runs the hooks.',
      run: [
        updateRow(spell, {
          table: 'user',
          id: user.id,
          set: { banned: 'false', banReason: 'null', banExpires: 'null' },
        }),
      ],
    },
    runbook: 'A user cannot sign in',
  })
}
