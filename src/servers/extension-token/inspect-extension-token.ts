import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'

/** What a token says of itself, and whether it was signed with the expected secret. Nothing of it is a credential. */
export interface InspectedToken {
  readonly algorithm: string
  /** `unknown` when no secret is given to compare with. */
  readonly signature: 'expected' | 'other' | 'none' | 'unknown'
  /** Milliseconds since the epoch; null when the token does not say. */
  readonly issuedAt: number | null
  readonly notBefore: number | null
  readonly expiresAt: number | null
  readonly audience: readonly string[]
  readonly organizationId: string | null
  readonly userId: string | null
  readonly extension: string | null
  readonly scopes: readonly string[]
  /** Names of the claims beside these; their values may be anything. */
  readonly otherClaims: readonly string[]
}

const KNOWN: ReadonlySet<string> = new Set([
  'iat',
  'nbf',
  'exp',
  'aud',
  'orgId',
  'userId',
  'extension_id',
  'scopes',
])

/** Undefined when the text is no signed or unsecured JWT. */
export async function inspectExtensionToken(
  token: string,
  secret: string | undefined,
): Promise<InspectedToken | undefined> {
  const decoded = decode(token)
  if (decoded === undefined) return undefined
  const { algorithm, claims } = decoded
  return {
    algorithm,
    signature: await signatureOf(token, { algorithm, secret }),
    issuedAt: instant(claims.iat),
    notBefore: instant(claims.nbf),
    expiresAt: instant(claims.exp),
    audience: texts(claims.aud),
    organizationId: text(claims.orgId),
    userId: text(claims.userId),
    extension: text(claims.extension_id),
    scopes: texts(claims.scopes),
    otherClaims: Object.keys(claims).filter((name) => !KNOWN.has(name)),
  }
}

function decode(token: string): { readonly algorithm: string; readonly claims: JWTPayload } | undefined {
  try {
    const { alg } = decodeProtectedHeader(token)
    return { algorithm: String(alg), claims: decodeJwt(token) }
  } catch {
    return undefined
  }
}

async function signatureOf(
  token: string,
  { algorithm, secret }: { readonly algorithm: string; readonly secret: string | undefined },
): Promise<InspectedToken['signature']> {
  if (algorithm === 'none') return 'none'
  if (secret === undefined) return 'unknown'
  try {
    await compactVerify(token, new TextEncoder().encode(secret), { algorithms: ['HS256'] })
    return 'expected'
  } catch {
    return 'other'
  }
}

const instant = (seconds: unknown): number | null => (typeof seconds === 'number' ? seconds * 1000 : null)
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.map(String) : []
}
