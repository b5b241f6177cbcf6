import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuthOptionsLike } from './auth-like.ts'

export const PLUGIN_ID = 'authwatch'

/** What the wrapper counts at this moment, in this chain of calls. Holds nothing between requests. */
const counted = new AsyncLocalStorage<'request' | 'call'>()

export type CountedHere = <Result>(what: 'request' | 'call', work: () => Result) => Result

/**
 * How the wrapper does what it counts, so that the plugin does not count it too. Without the plugin it just does it:
 * a store that every promise of a request carries along costs a request of a few hundred promises some 0.1 ms.
 */
export function countedHere({ plugins }: AuthOptionsLike): CountedHere {
  const hasPlugin = plugins?.some(({ id }) => id === PLUGIN_ID) === true
  return hasPlugin ? (what, work) => counted.run(what, work) : (_, work) => work()
}

/** Whether the request, or the call of `auth.api`, that is being served here is counted by the wrapper. */
export function isCountedElsewhere(what: 'request' | 'call'): boolean {
  return counted.getStore() === what
}
