import { z } from 'zod'

/**
 * All that differs between the servers of the demo's fleet, and all that a fault may change. Each is a true
 * change of what the server does; the defaults are a healthy server.
 */
export const serverSettingsSchema = z.strictObject({
  name: z.string().min(1),
  /** On the loopback interface. */
  port: z.number().int().positive(),
  databaseUrl: z.string().min(1),
  nodeEnv: z.enum(['production', 'development']),
  /** BETTER_AUTH_URL: the address users reach the fleet under. The cookie's `Domain` is derived from it. */
  baseURL: z.url(),
  /** BETTER_AUTH_SECRET: signs the session cookie and encrypts the stored JWKS key. */
  secret: z.string().min(32),
  /** EXTENSION_TOKEN_SECRET */
  extensionTokenSecret: z.string().min(32),
  /** CORS_ORIGIN: which browser origins get CORS headers. `*` gives them to any, with credentials. */
  corsOrigins: z.array(z.string()),
  /** Which browser origins better-auth lets sign in; that of `baseURL` is always among them. */
  trustedOrigins: z.array(z.string()),
  /** Seconds. */
  sessionExpiresIn: z.number().int().positive(),
  /** How passwords are hashed and compared. All that exist were hashed with better-auth's own, scrypt. */
  passwordHashing: z.enum(['scrypt', 'pbkdf2']),
  /** Seconds for which a session is believed without a look at the database. */
  cookieCacheMaxAge: z.number().int().positive(),
  /** Seconds. */
  extensionTokenLifetime: z.number().int().positive(),
  /** better-auth's limiter: 3 sign-ins in 10 s for each client address. */
  rateLimit: z.boolean(),
  /** Where the client's address is read. With a header that no proxy sends, all clients share one limit. */
  ipAddressHeaders: z.array(z.string()),
  /** Milliseconds by which the process's clock is ahead (or, negative, behind). */
  clockOffsetMs: z.number().int(),
  /** A proxy, in a process of its own, stands before the server and drops `Set-Cookie` from its answers. */
  stripSetCookie: z.boolean(),
  /** The port behind the proxy, in the process that is the proxy; null in one that is a server. */
  forwardTo: z.number().int().positive().nullable(),
  /** `GET /debug/session` answers anyone. */
  debugRouteOpen: z.boolean(),
  checkTokenExpiry: z.boolean(),
  checkTokenAudience: z.boolean(),
  checkTokenScopes: z.boolean(),
  /** The scope `*` is minted and honoured. */
  allowWildcardScope: z.boolean(),
  /** API keys whose own `revoked` column is true are refused. */
  checkRevokedKeys: z.boolean(),
  /** New users get a membership at sign-up. */
  signUpJoinsOrganization: z.boolean(),
  /** Connections are accepted and never answered. */
  hang: z.boolean(),
  /** Every sign-in answers 500. */
  failSignIn: z.boolean(),
  /** The worker to which authentication events go. Without it, none are counted. */
  ingest: z
    .strictObject({
      url: z.url(),
      token: z.string().min(1),
      /** Milliseconds between batches. */
      intervalMs: z.number().positive().optional(),
    })
    .optional(),
  /** Who has it may compare this server's secrets and settings with others'. Without it, nobody may. */
  attestationToken: z.string().min(16).optional(),
})

export type ServerSettings = Readonly<z.infer<typeof serverSettingsSchema>>

export type ServerIdentity = Pick<
  ServerSettings,
  'name' | 'port' | 'databaseUrl' | 'secret' | 'extensionTokenSecret'
>

const BROWSER_ORIGINS = ['https://app.crm.example.com', 'https://admin.crm.example.com']
const DAY = 24 * 60 * 60

export function healthySettings(identity: ServerIdentity): ServerSettings {
  return {
    ...identity,
    nodeEnv: 'production',
    baseURL: 'https://api.crm.example.com',
    corsOrigins: BROWSER_ORIGINS,
    trustedOrigins: BROWSER_ORIGINS,
    sessionExpiresIn: 7 * DAY,
    passwordHashing: 'scrypt',
    cookieCacheMaxAge: 300,
    extensionTokenLifetime: 3_600,
    rateLimit: true,
    ipAddressHeaders: ['x-forwarded-for'],
    clockOffsetMs: 0,
    stripSetCookie: false,
    forwardTo: null,
    debugRouteOpen: false,
    checkTokenExpiry: true,
    checkTokenAudience: true,
    checkTokenScopes: true,
    allowWildcardScope: false,
    checkRevokedKeys: true,
    signUpJoinsOrganization: true,
    hang: false,
    failSignIn: false,
  }
}
