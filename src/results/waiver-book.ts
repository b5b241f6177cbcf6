import type { CheckId } from '../catalogue/naming.ts'
import { originalText } from '../catalogue/plain-text.ts'
import { isAbout, longestAbout, type Offender, type Waiver, type WaiverStore } from './waiver.ts'

/**
 * The waivers as a worker knows them: from memory, so that a lost state database neither wakes anybody about what was
 * waived nor keeps a waiver alive beyond its end.
 */
export interface WaiverBook {
  /** Keys of the offenders that are waived at this moment, as they are shown and as they are in their rows. */
  keysOf(place: { readonly check: CheckId; readonly target: string }): readonly string[]
  /** The waiver that leaves this offender out at this moment; of several, the one that lasts longest. */
  waiverOf(offender: Offender): Waiver | undefined
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
  const inForce = () => {
    const now = clock()
    return known.filter(({ until }) => until > now)
  }
  return {
    keysOf: ({ check, target }) => {
      const about = inForce().filter((waiver) => isAbout(waiver, { check, target, key: waiver.key }))
      return [...new Set(about.flatMap(({ key }) => [key, originalText(key) ?? key]))]
    },
    waiverOf: (offender) => longestAbout(inForce(), offender),
    sync: async () => {
      known = await store.list({ at: new Date(clock()) })
    },
  }
}
