/** What a server answers to a challenge. */
export interface Attestation {
  readonly version: 1
  /** By the secret's name: see {@link fingerprint}. */
  readonly fingerprints: Readonly<Record<string, string>>
  /** Secrets without fingerprint: the server has none, or one so short that a fingerprint would help to guess it. */
  readonly withheld: Readonly<Record<string, 'missing' | 'short'>>
  readonly settings: AttestedSettings
}

/**
 * Settings in force, not as configured: with the defaults of better-auth filled in, and what the application states
 * beside them. None is secret.
 */
export interface AttestedSettings {
  /** Null when it is taken from each request. */
  readonly baseURL: string | null
  readonly basePath: string
  readonly cookie: {
    readonly name: string
    readonly domain: string | null
    readonly path: string | null
    readonly secure: boolean
    readonly httpOnly: boolean
    readonly sameSite: string | null
  }
  readonly nodeEnv: string | null
  readonly session: {
    /** Seconds. */
    readonly expiresIn: number | null
    /** Seconds. */
    readonly updateAge: number | null
    readonly cookieCache: {
      readonly enabled: boolean
      /** Seconds. */
      readonly maxAge: number | null
    }
  }
  /** Absent when the application states none. */
  readonly extensionToken?: {
    /** Seconds. */
    readonly lifetime: number
  }
  /** Sorted. Those that a function adds for some requests are not among them. */
  readonly trustedOrigins: readonly string[]
  readonly rateLimit: { readonly enabled: boolean; readonly storage: string | null }
  readonly versions: {
    readonly node: string
    readonly betterAuth: string | null
    readonly authwatch: string | null
  }
}
