import { z } from 'zod'

/** Rows as the diagnosis needs them. A column that the deployment lacks is null, as is one without a value. */
const text = z.string().nullish().transform(orNull)
const flag = z.boolean().nullish().transform(orNull)
const number = z.number().nullish().transform(orNull)
/** `infinity` is no date, and means the same as none. */
const time = z.date().nullish().catch(null).transform(orNull)

function orNull<T>(value: T | null | undefined): T | null {
  return value ?? null
}

export const userRow = z.object({
  id: z.string(),
  createdAt: time,
  emailVerified: flag,
  banned: flag,
  banExpires: time,
  twoFactorEnabled: flag,
})
export type UserRow = z.infer<typeof userRow>

export const sessionRow = z.object({
  id: z.string(),
  userId: text,
  expiresAt: time,
  createdAt: time,
  updatedAt: time,
  activeOrganizationId: text,
  impersonatedBy: text,
})
export type SessionRow = z.infer<typeof sessionRow>

export const organizationRow = z.object({ id: z.string(), slug: text })
export type OrganizationRow = z.infer<typeof organizationRow>

export const memberRow = z.object({
  id: z.string(),
  organizationId: text,
  userId: text,
  role: text,
  createdAt: time,
})
export type MemberRow = z.infer<typeof memberRow>

export const apiKeyRow = z.object({
  id: z.string(),
  referenceId: text,
  enabled: flag,
  revoked: flag,
  rateLimitEnabled: flag,
  rateLimitTimeWindow: number,
  rateLimitMax: number,
  requestCount: number,
  remaining: number,
  refillInterval: number,
  refillAmount: number,
  lastRefillAt: time,
  lastRequest: time,
  expiresAt: time,
  createdAt: time,
})
export type ApiKeyRow = z.infer<typeof apiKeyRow>

export const twoFactorRow = z.object({ id: z.string(), lockedUntil: time })
