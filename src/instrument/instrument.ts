import { addressReader } from './attempt-of.ts'
import type { AuthLike } from './auth-like.ts'
import { setupOf } from './auth-setup.ts'
import { countedHere } from './counted-once.ts'
import type { InstrumentOptions } from './instrument-options.ts'
import { observeApi } from './observe-api.ts'
import { isObserved, observeHandler } from './observe-handler.ts'
import { type CountingControls, openCounting } from './open-counting.ts'

export interface Instrumented<A> extends CountingControls {
  /** What was given, counted. Use it everywhere in its place: what is not asked of it is not seen. */
  readonly auth: A
}

/**
 * Counts every authentication of an application, by operation, outcome and reason:
 *
 * ```ts
 * export const { auth, recordAuthFailure } = instrument(betterAuth({ … }), { server: 'crm-a', push: { url, token } })
 * ```
 *
 * It wraps `auth.handler` and every function of `auth.api`; all else passes through. A call of `auth.api` inside a
 * request, as a session middleware makes it, is an event of its own. No request waits for anything, and none fails
 * because of it.
 *
 * @throws TypeError for options that can never work, and for an auth that is instrumented already
 */
export function instrument<A extends AuthLike>(auth: A, options: InstrumentOptions): Instrumented<A> {
  if (isObserved(auth.handler)) throw new TypeError('This auth is instrumented already.')
  const { recorder, providers, controls } = openCounting(options, auth.options)
  const observer = {
    recorder,
    providers,
    clientAddress: addressReader(options, auth.options),
    setup: setupOf(auth),
    countedHere: countedHere(auth.options),
  }
  const handler = observeHandler(auth.handler, observer)
  const replacements = { handler, fetch: handler, api: observeApi(auth.api, observer) }
  return { ...controls, auth: replaced(auth, replacements) }
}

/** A copy with those of its properties replaced that it has. */
function replaced<A extends object>(auth: A, properties: Readonly<Record<string, unknown>>): A {
  const copy: A = Object.create(Object.getPrototypeOf(auth), Object.getOwnPropertyDescriptors(auth))
  for (const [name, value] of Object.entries(properties)) {
    if (!(name in auth)) continue
    Object.defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return copy
}
