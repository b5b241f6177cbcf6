import type { Provider } from '../events/vocabulary.ts'
import type { AuthSetup } from './auth-setup.ts'
import type { CountedHere } from './counted-once.ts'
import type { Recorder } from './recorder.ts'

/** What is needed to count what an application's better-auth does. */
export interface Observer {
  readonly recorder: Recorder
  /** Whose callbacks are counted apart. */
  readonly providers: ReadonlySet<Provider>
  readonly clientAddress: (headers: Headers) => string | undefined
  readonly countedHere: CountedHere
  readonly setup: () => AuthSetup | Promise<AuthSetup>
}
