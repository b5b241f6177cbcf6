import { SERVER_NAME } from '../events/batch.ts'
import { providers as allProviders, type Provider } from '../events/vocabulary.ts'
import type { AuthOptionsLike } from './auth-like.ts'
import type { InstrumentError } from './instrument-error.ts'
import type { PushOptions } from './sinks/push-client.ts'
import type { RegistryLike } from './sinks/registry-metric.ts'

/** Where events go, and what they are called. */
export interface InstrumentOptions {
  /** This server's name, as in the worker's configuration: lower-case letters, digits, dots and dashes. */
  readonly server: string
  /** The application's own prom-client registry. Do not also push: the same events would be scraped twice. */
  readonly registry?: RegistryLike | undefined
  /** Sends batches to a worker. */
  readonly push?: PushOptions | undefined
  /**
   * The client's address. Default: the first in the first header that better-auth is told to read it from
   * (`advanced.ipAddress.ipAddressHeaders`), or in `x-forwarded-for`. It is only ever used hashed.
   */
  readonly clientAddress?: ((headers: Headers) => string | undefined) | undefined
  /**
   * Providers whose callbacks are counted apart. Default: those in `socialProviders`. All others are counted
   * together, as `callback_other`.
   */
  readonly providers?: readonly Provider[] | undefined
  /** Told when events cannot be delivered. Nothing is logged. What it throws is ignored. */
  readonly onError?: ((error: InstrumentError) => void) | undefined
}

/** @throws TypeError for what can never work, so that it is noticed when the server starts and not when it matters */
export function checkOptions({ server, push }: InstrumentOptions): void {
  if (!SERVER_NAME.test(server)) throw new TypeError(`Not a server's name: ${JSON.stringify(server)}`)
  if (push === undefined) return
  const url = URL.canParse(String(push.url)) ? new URL(push.url) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TypeError('push.url is not a URL of HTTP.')
  if (push.token.trim() === '') throw new TypeError('push.token is empty.')
  const { intervalMs = 1 } = push
  if (!Number.isFinite(intervalMs) || intervalMs <= 0) throw new TypeError('push.intervalMs is not positive.')
}

/** The providers to count apart. */
export function configuredProviders(
  { providers }: InstrumentOptions,
  { socialProviders }: AuthOptionsLike,
): ReadonlySet<Provider> {
  const names: readonly string[] = providers ?? Object.keys(socialProviders ?? {})
  return new Set(allProviders.filter((provider) => names.includes(provider)))
}

/** The application's callback, so that nothing it does comes back. */
export function safely(onError: InstrumentOptions['onError']): (error: InstrumentError) => void {
  return (error) => {
    try {
      onError?.(error)
    } catch {
      // Told is told.
    }
  }
}
