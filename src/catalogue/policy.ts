import type { Duration } from './duration.ts'
import type { CookiePolicy, ExtensionTokenPolicy } from './fleet.ts'

/**
 * What a deployment decides about its own authentication. Each default lives here and nowhere else; the source is
 * better-auth's own default where it has one (1.7: `session.expiresIn` 604800 s, API-key limiter 10 requests per day).
 */
export interface Policy {
  /** Longest time from a session's creation to its expiry that the configuration can produce. */
  readonly sessionLifetime: Duration
  /** Where sessions live. `secondary`: in the application's own store, so the session table stays empty. */
  readonly sessionStorage: 'database' | 'secondary'
  /** A new user may be without an organization this long: sign-up and the hook that follows it take time. */
  readonly signUpGrace: Duration
  /** Users created within this time are the sample that shows whether the sign-up hook works. */
  readonly signUpWindow: Duration
  /** API keys that expire within this time are announced. */
  readonly apiKeyExpiringSoon: Duration
  /** An API key nobody used for this long is reported as unused. */
  readonly apiKeyUnused: Duration
  /** A key used within this time is in use: its owner will notice when it stops working. */
  readonly apiKeyInUse: Duration
  readonly cookie: CookiePolicy
  readonly extensionToken: ExtensionTokenPolicy
}

export const defaultPolicy: Policy = {
  sessionLifetime: '7d',
  sessionStorage: 'database',
  signUpGrace: '15m',
  signUpWindow: '24h',
  apiKeyExpiringSoon: '7d',
  apiKeyUnused: '90d',
  apiKeyInUse: '24h',
  cookie: { name: 'better-auth.session_token' },
  extensionToken: { lifetime: '1h', audience: 'authwatch', scopes: [] },
}
