import { randomBytes } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { seconds } from '../../catalogue/duration.ts'
import type { ExtensionTokenPolicy } from '../../catalogue/fleet.ts'
import type { Resources } from '../../catalogue/probe.ts'

/** What is wrong with a token; `valid` when nothing is. */
export const tokenKinds = [
  'valid',
  'expired',
  'wrong_signature',
  'wrong_audience',
  'missing_scope',
  'wildcard_scope',
  'alg_none',
] as const
export type TokenKind = (typeof tokenKinds)[number]

export interface TokenRecipe {
  readonly kind: TokenKind
  readonly policy: ExtensionTokenPolicy
  readonly identity: Resources['extensionIdentity']
  readonly secret: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Seconds since an expired token expired: more than any verifier forgives a clock. */
const EXPIRED_FOR = 600
/** An audience and a scope that no extension has. */
const NOBODY = 'authwatch-nobody'

/** Makes a token as the application does (JWT, HS256), with one thing wrong with it or none. */
export async function mintExtensionToken({
  kind,
  policy,
  identity,
  secret,
  now,
}: TokenRecipe): Promise<string> {
  const lifetime = seconds(policy.lifetime)
  const age = kind === 'expired' ? lifetime + EXPIRED_FOR : 0
  const issuedAt = Math.floor(now / 1_000) - age
  const claims = {
    orgId: identity.organizationId,
    userId: identity.userId,
    extension_id: policy.audience,
    scopes: scopesOf(kind, policy.scopes),
  }
  const audience = kind === 'wrong_audience' ? NOBODY : policy.audience
  const expiry = issuedAt + lifetime
  if (kind === 'alg_none') {
    const token = new UnsecuredJWT(claims).setAudience(audience)
    return token.setIssuedAt(issuedAt).setExpirationTime(expiry).encode()
  }
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setAudience(audience)
  const key = kind === 'wrong_signature' ? randomBytes(32) : new TextEncoder().encode(secret)
  return token.setIssuedAt(issuedAt).setExpirationTime(expiry).sign(key)
}

function scopesOf(kind: TokenKind, needed: readonly string[]): readonly string[] {
  if (kind === 'missing_scope') return [NOBODY]
  return kind === 'wildcard_scope' ? ['*'] : needed
}
