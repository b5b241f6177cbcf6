import { AsyncLocalStorage } from 'node:async_hooks'

/** Which plugin counts too, so that it must be told what is counted already. */
export const PLUGIN_ID = 'authwatch'

/** What the wrapper counts at this moment, in this chain of calls. Holds nothing between requests. */
const counted = new AsyncLocalStorage<'request' | 'call'>()

/** Does the work as something that is counted by whoever calls this. */
export function countedHere<Result>(what: 'request' | 'call', work: () => Result): Result {
  return counted.run(what, work)
}

/** Whether the request, or the call of `auth.api`, that is being served here is counted by the wrapper. */
export function isCountedElsewhere(what: 'request' | 'call'): boolean {
  return counted.getStore() === what
}
