import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createClient } from '../client.ts'
import { newId } from '../membership.ts'
import {
  changeSettings,
  lastServer,
  restoreSettings,
  settingClaim,
  settingsFault,
} from './changed-settings.ts'
import { type Fault, fault } from './fault.ts'
import { FaultError } from './fault-error.ts'
import { spareUser } from './roles.ts'

const EXPIRED_SESSIONS = 12_000
const SHORT_SESSION_SECONDS = 3_600

export const expiredSessionsPileUp: Fault = fault({
  id: 'F01',
  title: `${EXPIRED_SESSIONS.toLocaleString('en')} sessions that expired up to 30 days ago were not deleted.`,
  claims: () => [],
  memo: z.string().min(1),
  async make({ database, seeded }) {
    const batch = newId()
    await database.query(
      `insert into session (id, token, user_id, expires_at, created_at, updated_at)
       select $1 || '.' || n, md5(random()::text || n), $2, now() - make_interval(days => n % 30, hours => 1),
         now() - make_interval(days => n % 30 + 7, hours => 1), now() - make_interval(days => n % 30 + 7, hours => 1)
       from generate_series(1, $3::int) n`,
      [batch, spareUser(seeded, 0).id, EXPIRED_SESSIONS],
    )
    return batch
  },
  async mend({ database }, batch) {
    await database.query(`delete from session where starts_with(id, $1 || '.')`, [batch])
  },
})

export const shortSessions: Fault = fault({
  id: 'F02',
  title: 'One server makes sessions that last an hour, where the policy says seven days.',
  claims: ({ fleet }) => [settingClaim(lastServer(fleet), 'sessionExpiresIn')],
  memo: z.null(),
  async make(site) {
    const server = lastServer(site.fleet)
    await changeSettings(site, { servers: [server], patch: { sessionExpiresIn: SHORT_SESSION_SECONDS } })
    // Somebody stays signed in there, who will wonder.
    const origin = server.given.trustedOrigins[0] ?? server.given.baseURL
    const answer = await createClient({ origin, address: '198.18.2.2' }).call(
      `${server.url}/api/auth/sign-in/email`,
      { json: { email: spareUser(site.seeded, 0).email, password: site.seeded.password } },
    )
    if (answer.status === 200) return null
    throw new FaultError(
      'ERR_FAULT_FAILED',
      `Nobody can sign in on ${server.name} (status ${answer.status}), so no short session can be made.`,
    )
  },
  async mend({ database, fleet }) {
    await restoreSettings(fleet, { name: lastServer(fleet).name, settings: ['sessionExpiresIn'] })
    await database.query(
      `delete from session where abs(extract(epoch from expires_at - created_at) - $1) < 60`,
      [SHORT_SESSION_SECONDS],
    )
  },
})

export const authSecretDiffers: Fault = settingsFault({
  id: 'F03',
  title: 'One server has another BETTER_AUTH_SECRET, so it knows no session of the others.',
  servers: 'one',
  change: () => ({ secret: randomBytes(32).toString('base64url') }),
})

export const publicUrlWrong: Fault = settingsFault({
  id: 'F04',
  title:
    'One server has a wrong BETTER_AUTH_URL: the Domain of its cookies does not cover the host of the users.',
  servers: 'one',
  change: () => ({ baseURL: 'https://api.old-crm.example.net' }),
})

export const environmentDiffers: Fault = settingsFault({
  id: 'F05',
  title:
    'One server runs with NODE_ENV=development: its cookies have another name, no Secure and SameSite=Lax.',
  servers: 'one',
  change: () => ({ nodeEnv: 'development' }),
})
