import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createClient } from '../client.ts'
import { changedRowsSchema, changeRows, restoreRows } from './changed-rows.ts'
import { settingsFault } from './changed-settings.ts'
import { type DemoContext, type Fault, fault } from './fault.ts'
import { repeatCalls } from './repeated-calls.ts'
import { busyClient } from './roles.ts'

const KEY_CALLS_PER_SECOND = 4

export const signInsFail: Fault = settingsFault({
  id: 'F26',
  title: 'Every server answers 500 to sign-ins.',
  servers: 'all',
  change: () => ({ failSignIn: true }),
})

export const credentialStuffing: Fault = stuffing({ id: 'F27', perSecond: 1 })
export const credentialStuffingFlood: Fault = stuffing({ id: 'F27b', perSecond: 8 })

/** Attempts with stolen passwords, so many a second. */
export function stuffing({ id, perSecond }: Pick<Fault, 'id'> & { readonly perSecond: number }): Fault {
  return fault({
    id,
    title: `Somebody tries stolen passwords from many addresses, ${perSecond} a second.`,
    claims: () => ['credential stuffing'],
    memo: z.null(),
    async make({ fleet, seeded, onFailure }) {
      onFailure(() => fleet.detach(id))
      const attempt = (turn: number) => tryStolenPassword({ fleet, seeded }, turn)
      fleet.attach(id, repeatCalls({ perSecond }, attempt))
      return null
    },
    mend: ({ fleet }) => fleet.detach(id),
  })
}

/** Addresses of 203.0.113.0/24, which RFC 5737 keeps for examples; every fifth account of the stolen list exists. */
async function tryStolenPassword(
  { fleet, seeded }: Pick<DemoContext, 'fleet' | 'seeded'>,
  turn: number,
): Promise<void> {
  const server = fleet.servers[turn % fleet.servers.length]!
  const victim = seeded.users[turn % seeded.users.length]!
  const email = turn % 5 === 0 ? victim.email : `${randomBytes(4).toString('hex')}@mail.example.org`
  const origin = server.given.trustedOrigins[0] ?? server.given.baseURL
  const client = createClient({ origin, address: `203.0.113.${(turn % 254) + 1}` })
  await client.call(`${server.url}/api/auth/sign-in/email`, { json: { email, password: 'stolen-password' } })
}

export const usedKeyRevoked: Fault = fault({
  id: 'F28',
  title: `An API key was revoked while its client goes on using it, ${KEY_CALLS_PER_SECOND} times a second.`,
  claims: () => ['key of the busy client'],
  memo: changedRowsSchema,
  async make({ database, fleet, seeded, onFailure }) {
    const { apiKey, client } = busyClient(seeded)
    onFailure(() => fleet.detach('F28'))
    const use = (turn: number) =>
      createClient(client.options).call(`${fleet.servers[turn % fleet.servers.length]!.url}/api/records`, {
        headers: { 'x-api-key': apiKey.key },
      })
    fleet.attach('F28', repeatCalls({ perSecond: KEY_CALLS_PER_SECOND }, use))
    return changeRows(database, {
      table: 'api_key',
      set: { revoked: 'true', enabled: 'false' },
      where: 'id = $1',
      value: apiKey.id,
    })
  },
  async mend({ database, fleet }, former) {
    await restoreRows(database, former)
    await fleet.detach('F28')
  },
})

export const rightPasswordsRefused: Fault = settingsFault({
  id: 'F29',
  title: 'A release brought another password hashing to every server: each right password looks wrong.',
  servers: 'all',
  change: () => ({ passwordHashing: 'pbkdf2' }),
})
