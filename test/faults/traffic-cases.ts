import pg from 'pg'
import { createClient } from '../../src/demo/client.ts'
import { faultOf } from '../../src/demo/faults/index.ts'
import { repeatCalls } from '../../src/demo/faults/repeated-calls.ts'
import { canaryOf } from '../../src/demo/faults/roles.ts'
import { stuffing } from '../../src/demo/faults/traffic-faults.ts'
import type { FaultCase } from './fault-case.ts'
import type { World } from './world.ts'

const SIGN_INS_PER_SECOND = 3
const VISITORS = 'F24 visitors'
/** At one a second the rules' five minutes would see ten of them, which is no attack anywhere. */
const STOLEN_PER_SECOND = 4

const attack = stuffing({ id: 'F27', perSecond: STOLEN_PER_SECOND })
const oneRateLimit = faultOf('F24')

/** Faults that only show in what passes through the servers. */
export const trafficCases: readonly FaultCase[] = [
  {
    id: 'F24',
    title: `${oneRateLimit.title} ${SIGN_INS_PER_SECOND} people a second sign in there.`,
    expected: { ticket: ['SessionClientAddressMissing crm'] },
    restarts: true,
    async on(world) {
      await letAnHourPass(world)
      await oneRateLimit.on(world.demo)
      world.demo.fleet.attach(VISITORS, visitors(world))
    },
    async off(world) {
      await world.demo.fleet.detach(VISITORS)
      await oneRateLimit.off(world.demo)
      await letAnHourPass(world)
    },
  },
  {
    id: 'F27',
    title: attack.title,
    expected: { security: ['CredentialStuffing'] },
    on: ({ demo }) => attack.on(demo),
    off: ({ demo }) => attack.off(demo),
  },
]

/** The check looks at the sessions of the last hour: those that are there were made before. */
async function letAnHourPass({ demo }: World): Promise<void> {
  const { seeded } = demo
  const kept = seeded.signedIn.map(({ sessionId }) => sessionId)
  const client = new pg.Client({ connectionString: demo.databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await client.query(
      `update session set created_at = created_at - interval '2 hours', updated_at = updated_at - interval '2 hours',
         expires_at = expires_at - interval '2 hours'
       where created_at > now() - interval '1 hour' and id <> all($1) and user_id <> $2`,
      [kept, canaryOf(seeded).user.id],
    )
  } finally {
    await client.end()
  }
}

/** Everyone from an address of 198.18.4.0/24, which RFC 2544 keeps for tests. */
function visitors({ demo }: World): AsyncDisposable {
  const { fleet, seeded } = demo
  const { url, given } = fleet.servers.at(-1)!
  return repeatCalls({ perSecond: SIGN_INS_PER_SECOND }, (turn) => {
    const user = seeded.users[turn % seeded.users.length]!
    const client = createClient({
      origin: given.trustedOrigins[0] ?? given.baseURL,
      address: `198.18.4.${(turn % 254) + 1}`,
    })
    return client.call(`${url}/api/auth/sign-in/email`, {
      json: { email: user.email, password: seeded.password },
    })
  })
}
