import { decodeJwt, decodeProtectedHeader } from 'jose'
import { z } from 'zod'

const text = z.string().max(500).optional().catch(undefined)
const instant = z
  .number()
  .min(-1e11)
  .max(1e11)
  .optional()
  .catch(undefined)
  .transform((seconds) => (seconds === undefined ? undefined : new Date(seconds * 1_000)))
const list = z.union([z.string().transform((one) => [one]), z.array(z.string()).max(100)])

const headerSchema = z.looseObject({ alg: text, typ: text })
const claimsSchema = z.looseObject({
  orgId: text,
  userId: text,
  extension_id: text,
  scopes: z.array(z.string()).max(100).optional().catch(undefined),
  aud: list.optional().catch(undefined),
  iat: instant,
  nbf: instant,
  exp: instant,
})

/** An extension token taken apart. Nothing of it is believed before its signature is. */
export interface ShownToken {
  /** Secret. */
  readonly token: string
  readonly header: z.infer<typeof headerSchema>
  readonly claims: z.infer<typeof claimsSchema>
}

/** Undefined when it is no JWT. */
export function readShownToken(given: string): ShownToken | undefined {
  const token = given.trim().replace(/^(authorization:\s*)?bearer\s+/i, '')
  try {
    const header = headerSchema.parse(decodeProtectedHeader(token))
    return { token, header, claims: claimsSchema.parse(decodeJwt(token)) }
  } catch {
    return undefined
  }
}
