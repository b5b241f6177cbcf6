import { z } from 'zod'
import { type Duration, isDuration, seconds } from '../catalogue/duration.ts'

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'use 1–63 of a–z, 0–9, ".", "_", "-": it becomes a metric label')

export const duration = z.custom<Duration>(
  (value) => typeof value === 'string' && isDuration(value) && seconds(value) > 0,
  'write a length of time such as 30s, 5m, 24h or 7d',
)

export const interval = duration.refine(
  (value) => seconds(value) >= 10 && seconds(value) <= 86_400,
  'from 10s to 1d',
)

export const variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, such as CRM_DATABASE_URL')

/** What is in the file is shown in pages, alerts and findings. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' })
  .refine(hasNoCredentials, 'without user and password: secrets do not belong in this file')

export function hasNoCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true
  const { username, password } = new URL(text)
  return username === '' && password === ''
}
