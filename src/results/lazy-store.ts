import type { StateStore } from './state-store.ts'

/** How soon after a failed attempt the next one is made. */
const RETRY_MS = 2_000

/**
 * A store that opens when it is first used, and tries again later when it could not be: authwatch watches from the
 * first second, also when its own database comes up after it.
 */
export function lazyStore(open: () => Promise<StateStore>): StateStore {
  let opening: Promise<StateStore> | undefined
  let opened: StateStore | undefined
  let failedAt = Number.NEGATIVE_INFINITY

  const store = async (): Promise<StateStore> => {
    if (opened !== undefined) return opened
    // Within the pause every caller gets the last answer, so that a dead server is not asked by each of them.
    if (opening === undefined || performance.now() - failedAt > RETRY_MS) {
      failedAt = Number.POSITIVE_INFINITY
      opening = open()
      opening.then(
        (value) => {
          opened = value
        },
        () => {
          failedAt = performance.now()
        },
      )
    }
    return opening
  }

  return {
    save: async (...args) => (await store()).save(...args),
    changesSince: async (revision) => (await store()).changesSince(revision),
    claim: async (run) => (await store()).claim(run),
    release: async (run) => (await store()).release(run),
    claimedSince: async (tick) => (await store()).claimedSince(tick),
    findings: async (filter) => (await store()).findings(filter),
    now: async (timeoutMs) => (await store()).now(timeoutMs),
    [Symbol.asyncDispose]: async () => {
      await opening?.catch(() => {})
      await opened?.[Symbol.asyncDispose]()
    },
  }
}
