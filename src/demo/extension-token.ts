import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { ServerSettings } from './settings.ts'

/** Far beyond any token's life: with it, no expiry is ever judged. */
const ANY_AGE_SECONDS = 1e10

const claimsSchema = z.object({
  orgId: z.string().min(1),
  userId: z.string().min(1),
  extension_id: z.string().min(1),
  scopes: z.array(z.string()),
})

export type ExtensionClaims = z.infer<typeof claimsSchema>

/** Why a token is refused; `scope` is a 403, everything else a 401. */
export type TokenRefusal = 'signature' | 'expired' | 'audience' | 'wildcard' | 'scope' | 'malformed'

export class ExtensionTokenError extends Error {
  override readonly name = 'ExtensionTokenError'
  readonly refusal: TokenRefusal

  constructor(refusal: TokenRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.refusal = refusal
  }
}

type TokenSettings = Pick<
  ServerSettings,
  | 'extensionTokenSecret'
  | 'extensionTokenLifetime'
  | 'checkTokenExpiry'
  | 'checkTokenAudience'
  | 'checkTokenScopes'
  | 'allowWildcardScope'
>

/** @throws ExtensionTokenError for the scope `*` */
export async function mintExtensionToken(settings: TokenSettings, claims: ExtensionClaims): Promise<string> {
  refuseWildcard(settings, claims.scopes)
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(claims.extension_id)
    .setIssuedAt(now)
    .setExpirationTime(now + settings.extensionTokenLifetime)
    .sign(keyOf(settings))
}

/** @throws ExtensionTokenError */
export async function verifyExtensionToken(settings: TokenSettings, token: string): Promise<ExtensionClaims> {
  const { payload } = await jwtVerify(token, keyOf(settings), {
    algorithms: ['HS256'],
    requiredClaims: ['exp'],
    clockTolerance: settings.checkTokenExpiry ? 0 : ANY_AGE_SECONDS,
  }).catch((cause: unknown) => {
    if (cause instanceof errors.JWTExpired) {
      throw new ExtensionTokenError('expired', 'Extension token expired', { cause })
    }
    throw new ExtensionTokenError('signature', 'Extension token invalid', { cause })
  })
  const claims = claimsSchema.safeParse(payload)
  if (!claims.success) throw new ExtensionTokenError('malformed', 'Extension token invalid')
  if (settings.checkTokenAudience && payload.aud !== claims.data.extension_id) {
    throw new ExtensionTokenError('audience', 'Extension token is for another extension')
  }
  refuseWildcard(settings, claims.data.scopes)
  return claims.data
}

/** @throws ExtensionTokenError */
export function requireScope(settings: TokenSettings, claims: ExtensionClaims, scope: string): void {
  if (!settings.checkTokenScopes || claims.scopes.includes(scope)) return
  if (settings.allowWildcardScope && claims.scopes.includes('*')) return
  throw new ExtensionTokenError('scope', `Extension token lacks the scope ${scope}`)
}

function refuseWildcard({ allowWildcardScope }: TokenSettings, scopes: readonly string[]): void {
  if (allowWildcardScope || !scopes.includes('*')) return
  throw new ExtensionTokenError('wildcard', 'The wildcard scope is forbidden')
}

function keyOf({ extensionTokenSecret }: TokenSettings): Uint8Array {
  return new TextEncoder().encode(extensionTokenSecret)
}
