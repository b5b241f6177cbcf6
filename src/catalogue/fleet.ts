import type { Duration } from './duration.ts'

/** A server of the application, as probes are told of it. */
export interface ServerAddress {
  /** Label `server`. */
  readonly name: string
  /** Reaches exactly this process. */
  readonly url: string
  /** What browsers use; it decides the `Host` header and which cookies fit. */
  readonly publicUrl: string
}

/** Paths of the application that probes ask for. Null: the application has none, and probes that need it are skipped. */
export interface Routes {
  /** Where better-auth is mounted. */
  readonly auth: string
  /** Answers 2xx to a member of the organization in `x-tenant-id`, by session or API key, and 401 or 403 to others. */
  readonly tenant: string | null
  /** Accepts an extension token by POST. */
  readonly extension: string | null
  /** Must not answer anyone who is not signed in. */
  readonly debug: string | null
  /** Answers challenges with fingerprints of the server's secrets and with its settings, for who has the token. */
  readonly attestation?: string | null
}

export const sameSiteValues = ['strict', 'lax', 'none'] as const
export type SameSite = (typeof sameSiteValues)[number]

/** What the session cookie should look like. Undefined: derived from the public URL, or not judged. */
export interface CookiePolicy {
  /** Without the `__Secure-` or `__Host-` prefix, which `secure` decides. */
  readonly name: string
  /** Absent: the cookie must be host-only or fit the public host. */
  readonly domain?: string | undefined
  /** Absent: required when the public URL is https. */
  readonly secure?: boolean | undefined
  readonly sameSite?: SameSite | undefined
}

export interface ExtensionTokenPolicy {
  readonly lifetime: Duration
  readonly audience: string
  /** Scopes a token needs for the extension route. */
  readonly scopes: readonly string[]
}

/** Identities that authwatch signs in with itself. All secret but the names. */
export interface Canaries {
  readonly account?: { readonly email: string; readonly password: string } | undefined
  /** Value of the session cookie of a session that is kept for days. */
  readonly session?: string | undefined
  readonly apiKey?: string | undefined
  /** Slug of an organization the canary belongs to. */
  readonly tenant?: string | undefined
  /** Slug of an organization that exists and the canary does not belong to. */
  readonly foreignTenant?: string | undefined
  /** Id of the canary's user, and of an organization it belongs to: extension tokens name both. */
  readonly userId?: string | undefined
  readonly organizationId?: string | undefined
}

/** What every server should hold. Secret. */
export interface ExpectedSecrets {
  readonly auth?: string | undefined
  readonly extensionToken?: string | undefined
  /** Opens the attestation of each server. */
  readonly attestationToken?: string | undefined
}
