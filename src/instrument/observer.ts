import type { Provider } from '../events/vocabulary.ts'
import type { AuthContextLike, AuthLike, AuthOptionsLike } from './auth-like.ts'
import type { CountedHere } from './counted-once.ts'
import type { Recorder } from './recorder.ts'

/** What is needed to understand what an application's better-auth does. */
export interface Observer {
  readonly options: AuthOptionsLike
  readonly recorder: Recorder
  /** Whose callbacks are counted apart. */
  readonly providers: ReadonlySet<Provider>
  clientAddress(headers: Headers): string | undefined
  readonly countedHere: CountedHere
  /** At once, but for the first time. Waits then for what better-auth waits for itself before it serves anything. */
  context(): AuthContextLike | Promise<AuthContextLike>
}

/** When better-auth could not be set up, all that comes are exceptions. */
const NO_CONTEXT: AuthContextLike = {
  baseURL: '',
  secret: '',
  authCookies: { sessionToken: { name: 'better-auth.session_token' } },
}

/** Asks for the context only when something is served, so that an unheeded failure of the set-up stays unheeded. */
export function contextOf(auth: Pick<AuthLike, '$context'>): Observer['context'] {
  let known: AuthContextLike | undefined
  return () =>
    known ??
    auth.$context.then(
      (context) => {
        known = context
        return context
      },
      () => NO_CONTEXT,
    )
}

/** Where better-auth is mounted. */
export function basePathOf(context: AuthContextLike, options: AuthOptionsLike): string {
  return URL.canParse(context.baseURL) ? new URL(context.baseURL).pathname : (options.basePath ?? '/api/auth')
}
