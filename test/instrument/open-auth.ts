import { randomBytes } from 'node:crypto'
import { apiKey } from '@better-auth/api-key'
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import {
  admin,
  emailOTP,
  genericOAuth,
  jwt,
  magicLink,
  organization,
  phoneNumber,
  twoFactor,
  username,
} from 'better-auth/plugins'
import pg from 'pg'
import { inject } from 'vitest'
import { administer, databaseUrl } from '../support/bench-server.ts'

export const ORIGIN = 'https://app.example.com'
export const BASE_URL = 'https://api.example.com'

/** What better-auth would have mailed or sent, by the address. */
export type Mailbox = Map<string, string>

/** A database of its own with the tables of these options. Dropped when disposed. */
export interface AuthDatabase extends AsyncDisposable {
  readonly url: string
  readonly pool: pg.Pool
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

export async function openAuthDatabase(options: BetterAuthOptions): Promise<AuthDatabase> {
  const server = inject('benchServer')
  const name = `test_instrument_${randomBytes(6).toString('hex')}`
  const quoted = pg.escapeIdentifier(name)
  await administer(server, [`create database ${quoted}`])
  const url = databaseUrl(server, name)
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 10_000,
  })
  pool.on('error', () => {})
  const { runMigrations } = await getMigrations({ ...options, database: pool })
  await runMigrations()
  return {
    url,
    pool,
    sql: async (text, values = []) => (await pool.query<Record<string, unknown>>(text, [...values])).rows,
    async [Symbol.asyncDispose]() {
      if (!pool.ending) await pool.end()
      await administer(server, [`drop database if exists ${quoted} with (force)`])
    },
  }
}

/** Everything that better-auth can refuse, switched on; limits as in production. */
export function fullOptions(mailbox: Mailbox, providerUrl: string, isLimited = true) {
  return {
    baseURL: BASE_URL,
    secret: randomBytes(32).toString('base64url'),
    trustedOrigins: [ORIGIN],
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: isLimited },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      sendResetPassword: async ({ user, token }) => void mailbox.set(user.email, token),
    },
    emailVerification: {
      expiresIn: 1,
      sendVerificationEmail: async ({ user, token }) => void mailbox.set(user.email, token),
    },
    socialProviders: { github: { clientId: 'client', clientSecret: 'secret' } },
    plugins: plugins(mailbox, providerUrl),
  } satisfies BetterAuthOptions
}

function plugins(mailbox: Mailbox, providerUrl: string) {
  return [
    organization({ organizationLimit: 2 }),
    admin(),
    apiKey({
      enableSessionForAPIKeys: true,
      rateLimit: { enabled: true, maxRequests: 3, timeWindow: 60_000 },
    }),
    twoFactor(),
    username(),
    phoneNumber({ sendOTP: async ({ phoneNumber, code }) => void mailbox.set(phoneNumber, code) }),
    magicLink({ sendMagicLink: async ({ email, token }) => void mailbox.set(email, token) }),
    emailOTP({ sendVerificationOTP: async ({ email, otp }) => void mailbox.set(email, otp) }),
    jwt(),
    genericOAuth({
      config: [
        {
          providerId: 'okta',
          clientId: 'client',
          clientSecret: 'secret',
          authorizationUrl: `${providerUrl}/authorize`,
          tokenUrl: `${providerUrl}/token`,
          userInfoUrl: `${providerUrl}/userinfo`,
        },
      ],
    }),
  ] satisfies BetterAuthPlugin[]
}

export type FullOptions = ReturnType<typeof fullOptions>
export type FullAuth = ReturnType<typeof openAuth>

export function openAuth(options: FullOptions, pool: pg.Pool) {
  return betterAuth({ ...options, database: pool })
}
