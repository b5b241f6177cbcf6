import { createHash } from 'node:crypto'
import type { LogicalTable } from './schemas/test-schema.ts'

export type Row = Readonly<Record<string, unknown>>

/** Columns that name a row of another table. Left out of an insert, that row is made first. */
export const REFERENCES: Readonly<Record<LogicalTable, Readonly<Record<string, LogicalTable>>>> = {
  user: {},
  session: { userId: 'user' },
  account: { userId: 'user' },
  verification: {},
  organization: {},
  member: { userId: 'user', organizationId: 'organization' },
  invitation: { inviterId: 'user', organizationId: 'organization' },
  apiKey: { referenceId: 'user' },
  jwks: {},
  twoFactor: { userId: 'user' },
  rateLimit: {},
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

interface Context {
  readonly id: string
  readonly now: Date
  /** What was asked for, with its references filled in. */
  readonly given: Row
}

/**
 * A row as better-auth 1.7 writes it for a healthy application: the defaults that its code, not its SQL, sets. Values
 * of secret columns have their real form (length, alphabet) and are derived from the id, so they are unique.
 * Columns that better-auth leaves empty are not here.
 */
export function rowDefaults(table: LogicalTable, context: Context): Row {
  return DEFAULTS[table](context)
}

const DEFAULTS: Readonly<Record<LogicalTable, (context: Context) => Row>> = {
  user: ({ id, now }) => ({
    name: `Name of ${id}`,
    email: `${id}@example.test`,
    emailVerified: true,
    createdAt: now,
    updatedAt: now,
    role: 'user',
    banned: false,
    twoFactorEnabled: false,
  }),
  session: ({ id, now }) => ({
    expiresAt: after(now, 7 * DAY),
    token: hex(`token of ${id}`).slice(0, 32),
    createdAt: now,
    updatedAt: now,
    ipAddress: '198.51.100.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
  }),
  account: ({ id, now, given }) => ({
    accountId: given.userId ?? id,
    providerId: 'credential',
    password: `${hex(`salt of ${id}`).slice(0, 32)}:${hex(`a ${id}`)}${hex(`b ${id}`)}`,
    createdAt: now,
    updatedAt: now,
  }),
  verification: ({ id, now }) => ({
    identifier: `reset-password:${hex(`identifier of ${id}`).slice(0, 24)}`,
    value: hex(`value of ${id}`).slice(0, 32),
    expiresAt: after(now, 60 * MINUTE),
    createdAt: now,
    updatedAt: now,
  }),
  organization: ({ id, now }) => ({ name: `Name of ${id}`, slug: id, createdAt: now }),
  member: ({ now }) => ({ role: 'member', createdAt: now }),
  invitation: ({ id, now }) => ({
    email: `${id}@example.test`,
    role: 'member',
    status: 'pending',
    expiresAt: after(now, 2 * DAY),
    createdAt: now,
  }),
  apiKey: ({ id, now }) => ({
    configId: 'default',
    name: `Name of ${id}`,
    start: hex(`start of ${id}`).slice(0, 6),
    key: createHash('sha256').update(`key of ${id}`).digest('base64url'),
    enabled: true,
    rateLimitEnabled: true,
    rateLimitTimeWindow: DAY,
    rateLimitMax: 10,
    requestCount: 0,
    createdAt: now,
    updatedAt: now,
  }),
  jwks: ({ id, now }) => ({
    publicKey: JSON.stringify({
      alg: 'EdDSA',
      crv: 'Ed25519',
      kty: 'OKP',
      x: hex(`x of ${id}`).slice(0, 43),
    }),
    privateKey: JSON.stringify(hex(`private key of ${id}`)),
    createdAt: now,
    alg: 'EdDSA',
    crv: 'Ed25519',
  }),
  twoFactor: ({ id }) => ({
    secret: hex(`secret of ${id}`),
    backupCodes: hex(`backup codes of ${id}`),
    verified: true,
    failedVerificationCount: 0,
  }),
  rateLimit: ({ id, now }) => ({ key: `198.51.100.7|/${id}`, count: 1, lastRequest: now }),
}

function after(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() + milliseconds)
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
