import { bad, good, type Look } from './diagnosis.ts'
import type { Around } from './reading.ts'
import { updateRow } from './repairs.ts'
import type { UserRow } from './rows.ts'
import { sayWhen } from './say-time.ts'

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
