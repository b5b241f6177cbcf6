import { family } from '../family.ts'

/** Gauges about API keys. None has a key, an owner or a name among its labels. */
export const apiKeys = family({
  name: 'api_keys',
  help: 'API keys in the table, each in the first state that fits: revoked, disabled, expired, else active.',
  labels: { state: ['active', 'disabled', 'revoked', 'expired'] },
})

export const apiKeysWithoutReference = family({
  name: 'api_keys_without_reference',
  help: 'Usable API keys that name no owner, by whether they were used lately.',
  labels: { use: ['in_use', 'idle'] },
})

export const apiKeysExpiringSoon = family({
  name: 'api_keys_expiring_soon',
  help: 'API keys about to expire, by whether they were used lately.',
  labels: { use: ['in_use', 'idle'] },
})

export const apiKeysNearExhaustion = family({
  name: 'api_keys_near_exhaustion',
  help: 'API keys about to be refused, by the limit that will refuse them; the rate limit counts first.',
  labels: { limit: ['rate', 'remaining'] },
})

export const apiKeysRevokedInUse = family({
  name: 'api_keys_revoked_in_use',
  help: 'API keys marked revoked that better-auth still accepts and whose last write was a use, by how long ago.',
  labels: { last_use: ['recent', 'earlier'] },
})

export const apiKeysDisabledInUse = family({
  name: 'api_keys_disabled_in_use',
  help: 'Disabled API keys that were accepted lately: their clients are probably being refused.',
  labels: {},
})
