import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls again and again, at most so often a second and one call at a time, until it is disposed; that waits for the
 * call under way. What a call throws is passed over: the servers may be down.
 */
export function repeatCalls(
  { perSecond }: { readonly perSecond: number },
  call: (turn: number) => Promise<unknown>,
): AsyncDisposable {
  const ending = new AbortController()
  const { signal } = ending
  const run = async () => {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const pause = sleep(1_000 / perSecond, undefined, { signal }).catch(() => {})
      await call(turn).catch(() => {})
      await pause
    }
  }
  const done = run()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await done
    },
  }
}
