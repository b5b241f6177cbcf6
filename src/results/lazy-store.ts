import { StateError, type StateErrorCode, stateError } from './state-error.ts'
import type { StateStore } from './state-store.ts'
import { withinDeadline } from './within-deadline.ts'

/** How soon after a failed attempt the next one is made. */
const RETRY_MS = 2_000
/** How long a call waits for the store to be opened; shorter than what a store promises for every call. */
const OPENING_TIMEOUT_MS = 1_500
const CLOSE_TIMEOUT_MS = 2_000

const PERMANENT: ReadonlySet<StateErrorCode> = new Set([
  'ERR_STATE_URL',
  'ERR_STATE_NEWER',
  'ERR_STATE_CHECKSUM',
  'ERR_STATE_FAILED_MIGRATION',
])

/** Whether waiting does not help: somebody has to change the database, the URL or the release. */
function isPermanent(error: unknown): error is StateError {
  return error instanceof StateError && PERMANENT.has(error.code)
}

export interface LazyStoreOptions {
  readonly open: () => Promise<StateStore>
  /** An attempt that was begun already. */
  readonly first?: Promise<StateStore>
  /** Told of a fault that {@link isPermanent}. */
  readonly onPermanent?: (error: StateError) => void
  /** For a server that may come back at another address: how long it may be out of reach until it is opened anew. */
  readonly reopenAfterMs?: number
}

/**
 * A store that opens when it is first used, and tries again later when it could not be: authwatch watches from the
 * first second, also when its own database comes up after it.
 */
export function lazyStore({ open, first, onPermanent, reopenAfterMs }: LazyStoreOptions): StateStore {
  let opened: StateStore | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  let lostSince: number | undefined
  let closed = false

  const begin = async (attempt: Promise<StateStore>): Promise<StateStore> => {
    failedAt = Number.POSITIVE_INFINITY
    try {
      opened = await attempt
    } catch (cause) {
      failedAt = performance.now()
      const error = stateError(cause)
      if (isPermanent(error)) onPermanent?.(error)
      throw error
    }
    if (closed) await opened[Symbol.asyncDispose]()
    return opened
  }
  const opensWith = (attempt: Promise<StateStore>): Promise<StateStore> => {
    const opening = begin(attempt)
    // Whoever calls is told; nobody has to.
    opening.catch(() => {})
    return opening
  }
  let opening = first === undefined ? undefined : opensWith(first)

  const store = (timeoutMs = OPENING_TIMEOUT_MS): Promise<StateStore> => {
    // Within the pause every caller gets the last answer, so that a dead server is not asked by each of them.
    if (opening === undefined || performance.now() - failedAt > RETRY_MS) opening = opensWith(open())
    return withinDeadline(timeoutMs, opening)
  }

  /** Whether the store has been out of reach for so long that it may be somewhere else by now. */
  const isGone = (error: unknown): boolean => {
    if (reopenAfterMs === undefined) return false
    if (!(error instanceof StateError) || error.code !== 'ERR_STATE_UNREACHABLE') return false
    lostSince ??= performance.now()
    return performance.now() - lostSince > reopenAfterMs
  }

  async function call<T>(work: (store: StateStore) => Promise<T>, timeoutMs?: number): Promise<T> {
    if (closed) throw new StateError('ERR_STATE_UNREACHABLE', 'the state database was closed')
    const used = await store(timeoutMs)
    try {
      const value = await work(used)
      lostSince = undefined
      return value
    } catch (error) {
      if (isGone(error) && used === opened) {
        lostSince = undefined
        opened = undefined
        opening = undefined
        void used[Symbol.asyncDispose]()
      }
      throw error
    }
  }

  return {
    save: (results, options) => call((opened) => opened.save(results, options)),
    changesSince: (revision) => call((opened) => opened.changesSince(revision)),
    claim: (run) => call((opened) => opened.claim(run)),
    release: (run) => call((opened) => opened.release(run)),
    claimedSince: (tick) => call((opened) => opened.claimedSince(tick)),
    findings: (filter) => call((opened) => opened.findings(filter)),
    recentRuns: (perCheck) => call((opened) => opened.recentRuns(perCheck)),
    findingsNamed: (prefix) => call((opened) => opened.findingsNamed(prefix)),
    waivers: {
      list: (options) => call((opened) => opened.waivers.list(options)),
      add: (waiver) => call((opened) => opened.waivers.add(waiver)),
      end: (options) => call((opened) => opened.waivers.end(options)),
    },
    events: {
      apply: (commit) => call((opened) => opened.events.apply(commit)),
      admit: (server, limit) => call((opened) => opened.events.admit(server, limit)),
      changesSince: (revision) => call((opened) => opened.events.changesSince(revision)),
      tidy: () => call((opened) => opened.events.tidy()),
    },
    now: (timeoutMs) => call((opened) => opened.now(timeoutMs), Math.min(timeoutMs, OPENING_TIMEOUT_MS)),
    [Symbol.asyncDispose]: async () => {
      closed = true
      const closing = opening?.then((opened) => opened[Symbol.asyncDispose]())
      await withinDeadline(CLOSE_TIMEOUT_MS, closing ?? Promise.resolve()).catch(() => {})
    },
  }
}
