import { runSql } from './run-sql.ts'
import type { TestSchema } from './test-schema.ts'

/** In the form `prisma migrate` gives to better-auth's generated models when they carry no `@@map`. */
const TABLES = `
create table "User" (
  "id" text not null,
  "name" text not null,
  "email" text not null,
  "emailVerified" boolean not null default false,
  "image" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null default current_timestamp,
  "role" text,
  "banned" boolean default false,
  "banReason" text,
  "banExpires" timestamp(3),
  "twoFactorEnabled" boolean default false,
  constraint "User_pkey" primary key ("id")
);
create table "Session" (
  "id" text not null,
  "expiresAt" timestamp(3) not null,
  "token" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null,
  "activeOrganizationId" text,
  "impersonatedBy" text,
  constraint "Session_pkey" primary key ("id")
);
create table "Account" (
  "id" text not null,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamp(3),
  "refreshTokenExpiresAt" timestamp(3),
  "scope" text,
  "password" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "Account_pkey" primary key ("id")
);
create table "Verification" (
  "id" text not null,
  "identifier" text not null,
  "value" text not null,
  "expiresAt" timestamp(3) not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null default current_timestamp,
  constraint "Verification_pkey" primary key ("id")
);
create table "Organization" (
  "id" text not null,
  "name" text not null,
  "slug" text not null,
  "logo" text,
  "createdAt" timestamp(3) not null,
  "metadata" text,
  constraint "Organization_pkey" primary key ("id")
);
create table "Member" (
  "id" text not null,
  "organizationId" text not null,
  "userId" text not null,
  "role" text not null default 'member',
  "createdAt" timestamp(3) not null,
  constraint "Member_pkey" primary key ("id")
);
create table "Invitation" (
  "id" text not null,
  "organizationId" text not null,
  "email" text not null,
  "role" text,
  "status" text not null default 'pending',
  "expiresAt" timestamp(3) not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "inviterId" text not null,
  constraint "Invitation_pkey" primary key ("id")
);
create table "ApiKey" (
  "id" text not null,
  "configId" text not null default 'default',
  "name" text,
  "start" text,
  "referenceId" text not null,
  "prefix" text,
  "key" text not null,
  "refillInterval" integer,
  "refillAmount" integer,
  "lastRefillAt" timestamp(3),
  "enabled" boolean default true,
  "rateLimitEnabled" boolean default true,
  "rateLimitTimeWindow" integer default 86400000,
  "rateLimitMax" integer default 10,
  "requestCount" integer default 0,
  "remaining" integer,
  "lastRequest" timestamp(3),
  "expiresAt" timestamp(3),
  "createdAt" timestamp(3) not null,
  "updatedAt" timestamp(3) not null,
  "permissions" text,
  "metadata" text,
  constraint "ApiKey_pkey" primary key ("id")
);
create table "Jwks" (
  "id" text not null,
  "publicKey" text not null,
  "privateKey" text not null,
  "createdAt" timestamp(3) not null,
  "expiresAt" timestamp(3),
  "alg" text,
  "crv" text,
  constraint "Jwks_pkey" primary key ("id")
);
create table "TwoFactor" (
  "id" text not null,
  "secret" text not null,
  "backupCodes" text not null,
  "userId" text not null,
  "verified" boolean default true,
  "failedVerificationCount" integer default 0,
  "lockedUntil" timestamp(3),
  constraint "TwoFactor_pkey" primary key ("id")
);
create table "RateLimit" (
  "id" text not null,
  "key" text not null,
  "count" integer not null,
  "lastRequest" bigint not null,
  constraint "RateLimit_pkey" primary key ("id")
);
`

const INDEXES: readonly (readonly [table: string, column: string, unique?: 'unique'])[] = [
  ['User', 'email', 'unique'],
  ['Session', 'token', 'unique'],
  ['Session', 'userId'],
  ['Account', 'userId'],
  ['Verification', 'identifier'],
  ['Organization', 'slug', 'unique'],
  ['Member', 'organizationId'],
  ['Member', 'userId'],
  ['Invitation', 'organizationId'],
  ['Invitation', 'email'],
  ['ApiKey', 'configId'],
  ['ApiKey', 'referenceId'],
  ['ApiKey', 'key'],
  ['TwoFactor', 'secret'],
  ['TwoFactor', 'userId'],
  ['RateLimit', 'key', 'unique'],
]

const REFERENCES: readonly (readonly [table: string, column: string, to: string])[] = [
  ['Session', 'userId', 'User'],
  ['Account', 'userId', 'User'],
  ['Member', 'organizationId', 'Organization'],
  ['Member', 'userId', 'User'],
  ['Invitation', 'organizationId', 'Organization'],
  ['Invitation', 'inviterId', 'User'],
  ['TwoFactor', 'userId', 'User'],
]

function indexStatement([table, column, unique]: (typeof INDEXES)[number]): string {
  const name = `${table}_${column}_${unique === undefined ? 'idx' : 'key'}`
  return `create ${unique ?? ''} index "${name}" on "${table}" ("${column}");`
}

function referenceStatement([table, column, to]: (typeof REFERENCES)[number]): string {
  return `alter table "${table}" add constraint "${table}_${column}_fkey"
    foreign key ("${column}") references "${to}" ("id") on delete cascade on update cascade;`
}

export const prismaPascal: TestSchema = {
  postgresSchema: 'public',
  tables: {
    user: 'User',
    session: 'Session',
    account: 'Account',
    verification: 'Verification',
    organization: 'Organization',
    member: 'Member',
    invitation: 'Invitation',
    apiKey: 'ApiKey',
    jwks: 'Jwks',
    twoFactor: 'TwoFactor',
    rateLimit: 'RateLimit',
  },
  column: (_table, logical) => logical,
  async build(url) {
    const statements = [TABLES, ...INDEXES.map(indexStatement), ...REFERENCES.map(referenceStatement)]
    await runSql(url, statements.join('\n'))
  },
}
