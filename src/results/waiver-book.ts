import type { CheckId } from '../catalogue/naming.ts'
import type { Waiver, WaiverStore } from './waiver.ts'

/**
 * The waivers as a worker knows them: from memory, so that a lost state database neither wakes anybody about what was
 * waived nor keeps a waiver alive beyond its end.
 */
export interface WaiverBook {
  /** Keys of the offenders that are waived at this moment. */
  keysOf(place: { readonly check: CheckId; readonly target: string }): readonly string[]
  /** Throws StateError when the store is away; what was known stays. */
  sync(): Promise<void>
}

export function waiverBook(options: {
  readonly store: Pick<WaiverStore, 'list'>
  /** The time that all workers share, milliseconds since the epoch. */
  readonly clock: () => number
}): WaiverBook {
  const { store, clock } = options
  let known: readonly Waiver[] = []
  return {
    keysOf: ({ check, target }) => {
      const now = clock()
      const about = known.filter(
        (waiver) =>
          waiver.check === check &&
          waiver.until > now &&
          (waiver.target === null || waiver.target === target),
      )
      return [...new Set(about.map(({ key }) => key))]
    },
    sync: async () => {
      known = await store.list({ at: new Date(clock()) })
    },
  }
}
