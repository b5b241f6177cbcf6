import { setTimeout as sleep } from 'node:timers/promises'

/** Does it until the answer is called, which rejects with what went wrong on the way. */
export function againAndAgain(everyMs: number, act: () => unknown): () => Promise<void> {
  const ending = new AbortController()
  const acting = (async () => {
    while (!ending.signal.aborted) {
      await act()
      await sleep(everyMs)
    }
  })()
  // Whoever ends it is told.
  acting.catch(() => {})
  return async () => {
    ending.abort()
    await acting
  }
}
