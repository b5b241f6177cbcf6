import type { Breakage } from './breakage.ts'
import { spareClient } from './faults/roles.ts'
import type { Seeded } from './seed.ts'

export const keyWithoutReference: Breakage = {
  sentence: 'An API key belongs to nobody: its reference_id is null.',
  check: 'api_key.no_reference',
  async apply(database, seeded) {
    await database.query('alter table api_key alter column reference_id drop not null')
    await database.query('update api_key set reference_id = null where id = $1', [keyId(seeded, 0)])
  },
}

export const keyOfMissingOwner: Breakage = {
  sentence: 'The user who owns an API key was deleted; the key still verifies.',
  check: 'api_key.owner_missing',
  async apply(database, seeded) {
    await database.query('delete from "user" where id = $1', [spareClient(seeded, 1).user.id])
  },
}

export const revokedKeyInUse: Breakage = {
  sentence: 'An API key was revoked two days ago, and a client still uses it.',
  check: 'api_key.revoked_in_use',
  async apply(database, seeded) {
    await database.query(
      `update api_key set revoked = true, created_at = now() - interval '30 days',
         updated_at = now() - interval '2 days', last_request = now() - interval '5 minutes' where id = $1`,
      [keyId(seeded, 2)],
    )
  },
}

export const keyNearRateLimit: Breakage = {
  sentence: 'An API key has used 9 of the 10 requests it may make in a day.',
  check: 'api_key.near_exhaustion',
  async apply(database, seeded) {
    await database.query(
      `update api_key set rate_limit_enabled = true, rate_limit_max = 10, rate_limit_time_window = 86400000,
         request_count = 9, last_request = now() where id = $1`,
      [keyId(seeded, 3)],
    )
  },
}

export const keyNearlyUsedUp: Breakage = {
  sentence: 'An API key has two requests left before it stops working.',
  check: 'api_key.near_exhaustion',
  async apply(database, seeded) {
    await database.query('update api_key set remaining = 2 where id = $1', [keyId(seeded, 4)])
  },
}

function keyId(seeded: Seeded, index: Parameters<typeof spareClient>[1]): string {
  return spareClient(seeded, index).apiKey.id
}
