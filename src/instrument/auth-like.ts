/**
 * What is used of an application's better-auth. Structural, because the application's version is its own: nothing
 * of better-auth is imported, and whatever is missing is done without.
 */
export interface AuthLike {
  readonly handler: (request: Request) => Promise<Response>
  readonly api: object
  readonly options: AuthOptionsLike
  readonly $context: Promise<AuthContextLike>
}

export interface AuthOptionsLike {
  readonly basePath?: string | undefined
  readonly baseURL?: unknown
  readonly socialProviders?: object | undefined
  // Of every plugin only its name is sure.
  readonly plugins?: readonly { readonly id: string }[] | undefined
  readonly advanced?:
    | {
        readonly ipAddress?: { readonly ipAddressHeaders?: readonly string[] | undefined } | undefined
      }
    | undefined
}

export interface AuthContextLike {
  readonly baseURL: string
  /** Signs the session cookie. */
  readonly secret: string
  readonly authCookies: { readonly sessionToken: { readonly name: string } }
}
