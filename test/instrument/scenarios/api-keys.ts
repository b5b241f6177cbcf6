import type { World } from '../full-world.ts'
import type { Scenario } from './scenario.ts'

/** A key of a new user, changed as the SQL says. */
async function key(world: World, change?: string): Promise<string> {
  const { id } = await world.person()
  const made = await world.auth.api.createApiKey({ body: { userId: id } })
  if (change !== undefined) await world.database.sql(`update apikey set ${change} where id = $1`, [made.id])
  return made.key
}

const verified = (change: string | undefined): Scenario['prepare'] => {
  return async (world) => {
    const plain = await key(world, change)
    return () => world.auth.api.verifyApiKey({ body: { key: plain } })
  }
}

export const apiKeys: readonly Scenario[] = [
  { when: 'the key is good', counts: 'verify_api_key success ok', prepare: verified(undefined) },
  {
    when: 'there is no such key',
    counts: 'verify_api_key rejected key_invalid',
    prepare: async (world) => () => world.auth.api.verifyApiKey({ body: { key: 'x'.repeat(64) } }),
  },
  {
    when: 'the key lacks the permission',
    counts: 'verify_api_key rejected key_not_found',
    async prepare(world) {
      const plain = await key(world)
      return () => world.auth.api.verifyApiKey({ body: { key: plain, permissions: { records: ['write'] } } })
    },
  },
  {
    when: 'the key is disabled',
    counts: 'verify_api_key rejected key_disabled',
    prepare: verified('enabled = false'),
  },
  {
    when: 'the key has expired',
    counts: 'verify_api_key rejected key_expired',
    prepare: verified(`"expiresAt" = now() - interval '1 hour'`),
  },
  {
    when: 'the key is used up',
    counts: 'verify_api_key rejected key_exhausted',
    prepare: verified('remaining = 0'),
  },
  {
    when: 'the key is used more often than it may',
    counts: 'verify_api_key rejected rate_limited',
    prepare: verified('"requestCount" = 3, "lastRequest" = now()'),
  },
  {
    when: 'the key is good, as a session',
    counts: 'get_session success ok',
    async prepare(world) {
      const plain = await key(world)
      return () => world.visitor().ask('/get-session', { headers: { 'x-api-key': plain } })
    },
  },
  {
    when: 'there is no such key, as a session',
    counts: 'get_session rejected key_invalid',
    prepare: async (world) => () =>
      world.visitor().ask('/get-session', { headers: { 'x-api-key': 'x'.repeat(64) } }),
  },
  {
    when: 'there is no such key, as a session that the application asks for: no hook sees this',
    counts: 'get_session rejected key_invalid',
    prepare: async (world) => () =>
      world.auth.api
        .getSession({ headers: new Headers({ 'x-api-key': 'x'.repeat(64) }) })
        .catch(() => undefined),
  },
  {
    when: 'the owner of a key is gone, as a session',
    counts: 'get_session rejected missing_reference',
    async prepare(world) {
      const plain = await key(world, `"referenceId" = 'nobody'`)
      return () => world.visitor().ask('/get-session', { headers: { 'x-api-key': plain } })
    },
  },
]
