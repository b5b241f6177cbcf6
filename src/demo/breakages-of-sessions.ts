import type { Breakage } from './breakage.ts'
import { spareClient } from './faults/roles.ts'

const EXPIRED_SESSIONS = 500

export const expiredSessionsLeft: Breakage = {
  sentence: `${EXPIRED_SESSIONS} sessions expired between one and thirty days ago and were not deleted.`,
  check: 'session.expired_backlog',
  async apply(database, seeded) {
    await database.query(
      `insert into session (id, token, user_id, expires_at, created_at, updated_at, ip_address, user_agent)
       select 'expired-' || n, md5(random()::text || n), $1, now() - make_interval(days => 1 + n % 30),
         now() - make_interval(days => 8 + n % 30), now() - make_interval(days => 8 + n % 30), '198.18.0.1', 'demo'
       from generate_series(1, $2::int) n on conflict (id) do nothing`,
      [seeded.users[0]!.id, EXPIRED_SESSIONS],
    )
  },
}

export const sessionOfForeignOrganization: Breakage = {
  sentence: 'A live session is active in an organization that its user does not belong to.',
  check: 'session.active_organization_foreign',
  async apply(database, seeded) {
    // Not the canary: its rows are left out of every check.
    const victim = spareClient(seeded, 5)
    const foreign = seeded.organizations.find(({ slug }) => slug !== victim.user.organization)!
    await database.query('update session set active_organization_id = $1 where id = $2', [
      foreign.id,
      victim.sessionId,
    ])
  },
}
