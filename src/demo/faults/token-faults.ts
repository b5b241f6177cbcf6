import { randomBytes } from 'node:crypto'
import { settingsFault } from './changed-settings.ts'
import type { Fault } from './fault.ts'

export const extensionSecretDiffers: Fault = settingsFault({
  id: 'F18',
  title: 'One server has another EXTENSION_TOKEN_SECRET, so it refuses the tokens of the others.',
  servers: 'one',
  change: () => ({ extensionTokenSecret: randomBytes(32).toString('base64url') }),
})

export const expiredTokensAccepted: Fault = settingsFault({
  id: 'F19',
  title: 'One server accepts extension tokens that have expired.',
  servers: 'one',
  change: () => ({ checkTokenExpiry: false }),
})

export const tokenLifetimeDiffers: Fault = settingsFault({
  id: 'F19b',
  title: 'One server makes extension tokens that last a day, where the policy says an hour.',
  servers: 'one',
  change: () => ({ extensionTokenLifetime: 24 * 60 * 60 }),
})

export const scopesNotEnforced: Fault = settingsFault({
  id: 'F20',
  title: 'One server enforces neither audience nor scopes of extension tokens, and honours the scope *.',
  servers: 'one',
  change: () => ({ checkTokenAudience: false, checkTokenScopes: false, allowWildcardScope: true }),
})
