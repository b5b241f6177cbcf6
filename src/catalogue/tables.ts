/**
 * What authwatch knows of better-auth's database: tables and columns by better-auth's own logical names.
 * A deployment may spell them differently; `database/resolve-names.ts` finds out how.
 *
 * Three degrees of privacy decide where a column may appear:
 * - `shown`: may be part of a finding;
 * - `hidden`: personal data, may decide a condition but is never selected;
 * - `secret`: credentials; only facts derived inside the database (present, digest, length) are within reach.
 *
 * Columns and versions: better-auth 1.2.12, 1.3.34, 1.4.18, 1.5.6, 1.6.33 and 1.7.25, each migrated on PostgreSQL.
 */
export type ColumnType = 'text' | 'time' | 'boolean' | 'integer'

/** Optional parts of better-auth that bring tables or columns of their own. */
export type Plugin = 'organization' | 'admin' | 'apiKey' | 'jwt' | 'twoFactor' | 'rateLimit'

export interface ColumnSpec {
  readonly type: ColumnType
  /** Plugin that needs the column. Absent: better-auth itself. `application`: the deployment's own, never needed. */
  readonly plugin?: Plugin | 'application'
  /** First better-auth version whose queries name the column; absent: all supported ones. */
  readonly since?: `${number}.${number}`
  /** Other logical names the same fact had in other versions. */
  readonly alias?: readonly string[]
}

export interface TableSpec {
  readonly plugin?: Plugin
  readonly alias?: readonly string[]
  readonly shown: Readonly<Record<string, ColumnSpec>>
  readonly hidden: Readonly<Record<string, ColumnSpec>>
  readonly secret: Readonly<Record<string, ColumnSpec>>
}

const text: ColumnSpec = { type: 'text' }
const time: ColumnSpec = { type: 'time' }
const boolean: ColumnSpec = { type: 'boolean' }
const integer: ColumnSpec = { type: 'integer' }
const admin = (spec: ColumnSpec): ColumnSpec => ({ ...spec, plugin: 'admin' })

export const tables = {
  user: {
    shown: {
      id: text,
      createdAt: time,
      updatedAt: time,
      emailVerified: boolean,
      role: admin(text),
      banned: admin(boolean),
      banExpires: admin(time),
      twoFactorEnabled: { ...boolean, plugin: 'twoFactor' },
    },
    hidden: { name: text, email: text, image: text, banReason: admin(text) },
    secret: {},
  },
  session: {
    shown: {
      id: text,
      userId: text,
      expiresAt: time,
      createdAt: time,
      updatedAt: time,
      activeOrganizationId: { ...text, plugin: 'organization' },
      impersonatedBy: admin(text),
    },
    hidden: { ipAddress: text, userAgent: text },
    secret: { token: text },
  },
  account: {
    shown: {
      id: text,
      userId: text,
      providerId: text,
      createdAt: time,
      updatedAt: time,
      accessTokenExpiresAt: time,
      refreshTokenExpiresAt: time,
      scope: text,
    },
    hidden: { accountId: text },
    secret: { password: text, accessToken: text, refreshToken: text, idToken: text },
  },
  verification: {
    shown: { id: text, expiresAt: time, createdAt: time, updatedAt: time },
    hidden: { identifier: text },
    secret: { value: text },
  },
  organization: {
    plugin: 'organization',
    shown: { id: text, slug: text, createdAt: time },
    hidden: { name: text, logo: text, metadata: text },
    secret: {},
  },
  member: {
    plugin: 'organization',
    shown: { id: text, organizationId: text, userId: text, role: text, createdAt: time },
    hidden: {},
    secret: {},
  },
  invitation: {
    plugin: 'organization',
    shown: {
      id: text,
      organizationId: text,
      inviterId: text,
      role: text,
      status: text,
      expiresAt: time,
      createdAt: { ...time, since: '1.4' },
    },
    hidden: { email: text },
    secret: {},
  },
  apiKey: {
    plugin: 'apiKey',
    shown: {
      id: text,
      referenceId: { ...text, alias: ['userId'] },
      configId: { ...text, since: '1.5' },
      enabled: boolean,
      revoked: { ...boolean, plugin: 'application' },
      rateLimitEnabled: boolean,
      rateLimitTimeWindow: integer,
      rateLimitMax: integer,
      requestCount: integer,
      remaining: integer,
      refillInterval: integer,
      refillAmount: integer,
      lastRefillAt: time,
      lastRequest: time,
      expiresAt: time,
      createdAt: time,
      updatedAt: time,
    },
    hidden: { name: text, prefix: text, start: text, permissions: text, metadata: text },
    secret: { key: text },
  },
  jwks: {
    plugin: 'jwt',
    shown: {
      id: text,
      createdAt: time,
      expiresAt: { ...time, since: '1.4' },
      alg: { ...text, since: '1.7' },
      crv: { ...text, since: '1.7' },
    },
    hidden: { publicKey: text },
    secret: { privateKey: text },
  },
  twoFactor: {
    plugin: 'twoFactor',
    shown: {
      id: text,
      userId: text,
      verified: { ...boolean, since: '1.6' },
      failedVerificationCount: { ...integer, since: '1.6' },
      lockedUntil: { ...time, since: '1.6' },
    },
    hidden: {},
    secret: { secret: text, backupCodes: text },
  },
  rateLimit: {
    plugin: 'rateLimit',
    // `key` holds the client's address, so it is hidden.
    shown: { id: text, count: integer, lastRequest: integer },
    hidden: { key: text },
    secret: {},
  },
} as const satisfies Readonly<Record<string, TableSpec>>

export type Table = keyof typeof tables
export type ShownColumn<T extends Table> = keyof (typeof tables)[T]['shown'] & string
export type HiddenColumn<T extends Table> = keyof (typeof tables)[T]['hidden'] & string
export type SecretColumn<T extends Table> = keyof (typeof tables)[T]['secret'] & string
/** A column whose value a condition may read. */
export type Column<T extends Table> = ShownColumn<T> | HiddenColumn<T>
/** Any column that may be part of a finding, of whichever table. */
export type AnyShownColumn = { [T in Table]: ShownColumn<T> }[Table]

export const tableNames = Object.keys(tables) as readonly Table[]

export type Privacy = 'shown' | 'hidden' | 'secret'

/** Every column of a table with its degree of privacy, in the order of the model. */
export function columnsOf(table: Table): readonly { name: string; spec: ColumnSpec; privacy: Privacy }[] {
  const spec: TableSpec = tables[table]
  return (['shown', 'hidden', 'secret'] as const).flatMap((privacy) =>
    Object.entries(spec[privacy]).map(([name, column]) => ({ name, spec: column, privacy })),
  )
}
